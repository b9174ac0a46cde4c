/**
 * `atomic-claim` with its one step split in two. It keeps two deliveries apart just as well, but whoever dies
 * between the claim and the effect leaves a claim with no effect, and every later delivery is turned away: the
 * work is lost. It exists so that tests can see it caught.
 */
import { append, type CreateGuard } from './guard.ts';

export const splitClaim: CreateGuard = (store) => async (effect) => {
  const claimed = await store.redis.hsetnx(store.keys.claims, effect.key, effect.entry);
  if (claimed === 0) return 'duplicate';
  await append(store, effect);
  return 'applied';
};
