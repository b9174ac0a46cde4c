import { expect, test } from 'vitest';

import { inParallel } from './in-parallel.ts';

test('starts items in order, no more than the width at a time', async () => {
  const started: number[] = [];
  let running = 0;
  let most = 0;
  await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    started.push(item);
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  });
  expect(started).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test('after an error nothing new starts, and what is under way ends before it is thrown', async () => {
  const { promise: slow, resolve: finishSlow } = Promise.withResolvers<void>();
  const ended: number[] = [];
  const all = inParallel([1, 2, 3], 2, async (item) => {
    if (item === 2) throw new Error('the second');
    await slow;
    ended.push(item);
  });
  finishSlow();
  await expect(all).rejects.toThrow('the second');
  expect(ended).toEqual([1]);
});
