/**
 * Placebo: skip what the transport marks as redelivered. The mark says that a delivery was made before, not that
 * its effect was: work whose first delivery died on its way is lost, and a copy published twice carries no mark.
 */
import { append, type CreateGuard } from '../guard.ts';

export const trustRedelivered: CreateGuard = (store) => async (effect, marks) => {
  if (marks.redelivered) return 'skipped';
  await append(store, effect);
  return 'applied';
};
