import { expect, test } from 'vitest';

import { Ring } from './ring.ts';

test('a ring is the same queue as an array, through growth and around its end', () => {
  const ring = new Ring<number>();
  const array: number[] = [];
  const seen: unknown[] = [];
  const expected: unknown[] = [];
  for (let step = 0; step < 5000; step++) {
    const choice = (step * 7919) % 11;
    const did = (
      queue: Pick<Ring<number>, 'push' | 'unshift' | 'shift' | 'pop'>,
    ): number | undefined => {
      if (choice < 5) queue.push(step);
      else if (choice < 7) queue.unshift(step);
      return choice < 7 ? undefined : choice < 9 ? queue.shift() : queue.pop();
    };
    seen.push([did(ring), ring.length, ring.first]);
    expected.push([did(array), array.length, array[0]]);
  }
  while (array.length > 0) {
    seen.push(ring.shift());
    expected.push(array.shift());
  }
  expect(seen).toEqual(expected);
  expect(ring.shift()).toBeUndefined();
});

test('a cleared ring is empty and can be used again', () => {
  const ring = new Ring<string>();
  for (let item = 0; item < 200; item++) ring.push('old');
  ring.clear();
  expect(ring.length).toBe(0);
  ring.push('new');
  expect(ring.shift()).toBe('new');
});
