import { expect, test } from 'vitest';

import { Clock } from './clock.ts';

test('what is due happens in order of time, and at the same moment in the order it was asked for', () => {
  const clock = new Clock();
  const happened: string[] = [];
  const due = Array.from({ length: 500 }, (_, index) => (index * 7919) % 100);
  for (const [index, atMs] of due.entries()) {
    clock.at(atMs, () => happened.push(`${atMs}:${index}`));
  }
  clock.runUntil(100);
  const expected = [...due.entries()]
    .toSorted(([one, oneMs], [other, otherMs]) => oneMs - otherMs || one - other)
    .map(([index, atMs]) => `${atMs}:${index}`);
  expect(happened).toEqual(expected);
});

test('what is asked for while time passes happens too, and what is past happens next', () => {
  const clock = new Clock();
  const happened: [string, number][] = [];
  clock.at(10, () => {
    clock.at(5, () => happened.push(['past', clock.nowMs]));
    clock.at(12, () => happened.push(['later', clock.nowMs]));
  });
  clock.runUntil(20);
  expect(happened).toEqual([
    ['past', 10],
    ['later', 12],
  ]);
  expect(clock.nowMs).toBe(20);
});

test('what is due at the end or after it does not happen', () => {
  const clock = new Clock();
  const happened: number[] = [];
  for (const atMs of [19, 20, 21]) clock.at(atMs, () => happened.push(atMs));
  clock.runUntil(20);
  expect(happened).toEqual([19]);
});
