/**
 * Placebo: look whether it was done, do it, note that it was done; three round trips. Two deliveries that both
 * look before either notes both do it, and one that dies between the second and third is done again.
 */
import { append, type CreateGuard } from '../guard.ts';

export const checkThenAct: CreateGuard = (store) => async (effect) => {
  const { redis, keys } = store;
  if ((await redis.hget(keys.claims, effect.key)) !== null) return 'duplicate';
  await append(store, effect);
  try {
    await redis.hset(keys.claims, effect.key, effect.entry);
  } catch (error) {
    // Not a definite failure, whatever the store said: the effect is there.
    throw new Error('the effect was applied and its mark was not', { cause: error });
  }
  return 'applied';
};
