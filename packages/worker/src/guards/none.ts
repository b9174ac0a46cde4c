/** No guard: at-least-once delivery becomes at-least-once effect. The baseline every other one is held against. */
import { append, type CreateGuard } from './guard.ts';

export const none: CreateGuard = (store) => async (effect) => {
  await append(store, effect);
  return 'applied';
};
