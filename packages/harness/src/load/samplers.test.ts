import { plainLoad, type LoadSetting } from '@lab/contract';
import { expect, test } from 'vitest';

import { windowsOver } from './samplers.ts';

/** Windows of a second. */
const lasting = (observeMs: number): LoadSetting => ({
  topology: 'rpc',
  transport: 'rabbitmq',
  policy: 'none',
  seed: 1,
  slots: 4,
  serviceMs: 40,
  capacityPerS: 100,
  offeredPerS: 50,
  timeoutMs: 500,
  attempts: 1,
  clients: 1,
  warmUpMs: 2000,
  trigger: 'none',
  triggerMs: 1000,
  observeMs,
  ...plainLoad,
});

test.each([
  ['of whole windows', 2000, [0, 0, 1, 4, 5, 5]],
  ['whose last window is half of one', 1500, [0, 0, 1, 5, 5, 5]],
])('every window of a load %s is over at its end', (_, observeMs, over) => {
  const looks = [0, 999, 1000, 4500, 5000, 9000];
  expect(looks.map((elapsedMs) => windowsOver(elapsedMs, lasting(observeMs)))).toEqual(over);
});
