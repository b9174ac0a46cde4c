/** Placebo: remember seen keys in this process. The memory dies with the process and is not shared with the next one. */
import { append, type CreateGuard } from '../guard.ts';

export const memorySet: CreateGuard = (store) => {
  const seen = new Set<string>();
  return async (effect) => {
    if (seen.has(effect.key)) return 'duplicate';
    seen.add(effect.key); // before the effect, so that two deliveries at once in one process are kept apart
    try {
      await append(store, effect);
    } catch (error) {
      seen.delete(effect.key);
      throw error;
    }
    return 'applied';
  };
};
