import { expect, test } from 'vitest';

import { windowsOver } from './samplers.ts';

/** Windows of a second. */
const lasting = (observeMs: number) => ({
  timeoutMs: 500,
  warmUpMs: 2000,
  triggerMs: 1000,
  observeMs,
});

test.each([
  ['of whole windows', 2000, [0, 0, 1, 4, 5, 5]],
  ['whose last window is half of one', 1500, [0, 0, 1, 5, 5, 5]],
])('every window of a load %s is over at its end', (_, observeMs, over) => {
  const looks = [0, 999, 1000, 4500, 5000, 9000];
  expect(looks.map((elapsedMs) => windowsOver(elapsedMs, lasting(observeMs)))).toEqual(over);
});
