import { plainLoad, type EventBody, type LoadSetting } from '@lab/contract';
import { expect, test } from 'vitest';

import { LoadWatch } from './load-watch.ts';

/** Windows of 1 s: 2 of warm-up, a trigger of 1, a watch of 9 and of 27 at most. */
const setting: LoadSetting = {
  topology: 'rpc',
  transport: 'rabbitmq',
  policy: 'immediate',
  seed: 1,
  slots: 4,
  serviceMs: 40,
  capacityPerS: 100,
  offeredPerS: 60,
  timeoutMs: 500,
  attempts: 4,
  clients: 5,
  warmUpMs: 2000,
  trigger: 'stall',
  triggerMs: 1000,
  observeMs: 9000,
  ...plainLoad,
  watchLimitMs: 27_000,
};

/** A watch that has seen the load begin and its trigger come and go. */
function begun() {
  let nowMs = 0;
  const watch = new LoadWatch({ setting, clock: () => nowMs });
  const fault = (phase: 'on' | 'off'): EventBody => ({
    kind: 'fault',
    id: 'F1',
    verb: 'pause',
    target: 'server',
    label: 'pause server',
    phase,
  });
  return {
    watch,
    /** One window, as client, server and lab write it. */
    window: (window: number, counts: { succeeded: number; depth: number }): void => {
      if (window === 2) watch.see(fault('on'), 'lab');
      nowMs = (window + 1) * 1000;
      if (window === 2) watch.see(fault('off'), 'lab');
      const { succeeded, depth } = counts;
      const line = { kind: 'load', queue: 'requests', window, startedAt: 0 } as const;
      watch.see({ ...line, counts: { offered: 60, succeeded } }, 'client');
      watch.see({ ...line, counts: { served: 60 } }, 'server');
      watch.see({ ...line, counts: { depth } }, 'lab');
    },
  };
}

test('a load of which it can be said what has become is watched for as long as it was to be', () => {
  const { watch, window } = begun();
  for (let at = 0; at < 12; at += 1) {
    expect(watch.enough()).toBeNull();
    window(at, { succeeded: at < 2 ? 60 : 0, depth: at < 2 ? 1 : 100 * at });
  }
  expect(watch.enough()).toBe(9000); // stuck: it grows
});

test('nothing is said before everybody has counted the last window', () => {
  const { watch, window } = begun();
  for (let at = 0; at < 11; at += 1) window(at, { succeeded: 60, depth: 1 });
  const line = { kind: 'load', queue: 'requests', window: 11, startedAt: 0 } as const;
  watch.see({ ...line, counts: { offered: 60, succeeded: 60 } }, 'client');
  watch.see({ ...line, queue: 'host', counts: { cpu: 0.2 } }, 'lab');
  watch.see({ ...line, counts: { depth: 1 } }, 'lab');
  expect(watch.enough()).toBeNull();
  watch.see({ ...line, counts: { served: 60 } }, 'server');
  expect(watch.enough()).toBe(9000);
});

test('one of which it cannot be said is watched on in steps, until it can', () => {
  const { watch, window } = begun();
  const said: (number | null)[] = [];
  for (let at = 0; at < 24; at += 1) {
    window(at, { succeeded: at < 2 || at > 12 ? 60 : 0, depth: 1 });
    said.push(watch.enough());
  }
  expect(said.filter((one) => one !== null)).toEqual([14_000]); // 9 s and half as much again, to the end of a window
});

test('and at its limit it is watched no longer', () => {
  const { watch, window } = begun();
  const said: (number | null)[] = [];
  for (let at = 0; at < 30; at += 1) {
    window(at, { succeeded: 30, depth: 1 });
    said.push(watch.enough());
  }
  expect(said.filter((one) => one !== null)).toEqual([27_000]);
});
