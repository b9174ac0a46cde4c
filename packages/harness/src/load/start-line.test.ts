import { expect, test } from 'vitest';

import { startLine, together } from './start-line.ts';

const never = new AbortController().signal;

test('nobody begins before everybody is ready', async () => {
  const [first, second, third] = startLine(3);
  const begun: string[] = [];
  const one = first?.ready(never).then(() => begun.push('first'));
  const two = second?.ready(never).then(() => begun.push('second'));
  await new Promise(setImmediate);
  expect(begun).toEqual([]);
  await third?.ready(never);
  await one;
  await two;
  expect(begun).toEqual(['first', 'second']);
});

test('nobody waits for one that gave its place up, and one gives up only once', async () => {
  const [first, second, third] = startLine(3);
  second?.[Symbol.dispose]();
  second?.[Symbol.dispose]();
  let begun = false;
  const beginning = first?.ready(never).then(() => (begun = true));
  await new Promise(setImmediate);
  expect(begun).toBe(false);
  third?.[Symbol.dispose]();
  await beginning;
  expect(begun).toBe(true);
});

test('an interruption ends the wait', async () => {
  const [first] = startLine(2);
  const interruption = new AbortController();
  const waiting = first?.ready(interruption.signal);
  interruption.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('what works together begins together, and nobody waits for one that failed before', async () => {
  const begun: string[] = [];
  const working = together(['first', 'second', 'third'], async (item, place) => {
    if (item === 'second') throw new Error('second cannot');
    await place.ready(never);
    begun.push(item);
  });
  await expect(working).rejects.toThrow('second cannot');
  expect(begun).toEqual(['first', 'third']);
});
