/**
 * Slow is not stuck: what is said of a policy must not hang on how long one watched. The load and the lengths are those
 * with which "fewer than half answered in the last third" called sound policies stuck.
 */
import { plainLoad, type LoadSetting } from '@lab/contract';
import { describe, expect, test, vi } from 'vitest';

import { outcomeOf } from './outcome.ts';
import type { LoadOutcome } from './result.ts';
import { simulate } from './simulate/simulate.ts';
import { watchesOf } from './watch.ts';

vi.setConfig({ testTimeout: 60_000 }); // simulated hours, on a host that may be busy

/** rho 0.7 and D = 3 s, as the benchmark has them. */
const load: LoadSetting = {
  topology: 'rpc',
  transport: 'rabbitmq',
  policy: 'immediate',
  seed: 1,
  slots: 4,
  serviceMs: 40,
  capacityPerS: 100,
  offeredPerS: 70,
  timeoutMs: 500,
  attempts: 4,
  clients: 5,
  warmUpMs: 4000,
  trigger: 'stall',
  triggerMs: 3000,
  observeMs: 13_000,
  ...plainLoad,
};
const lengthsMs = [13_000, 26_000, 60_000, 180_000];

/** What is said after each length of the watch, of ten seeds each. */
function outcomes(policy: string, changes: Partial<LoadSetting> = {}): LoadOutcome[] {
  return lengthsMs.flatMap((observeMs) =>
    Array.from({ length: 10 }, (_, index) => {
      const played = simulate({ ...load, policy, observeMs, ...changes, seed: index + 1 });
      return outcomeOf(played.series, played.setting);
    }),
  );
}

const watches = { 'not prolonged': null, 'prolonged to 100 s': 100_000 };

describe.each(Object.entries(watches))('watched for 13, 26, 60 and 180 s, %s', (_, limit) => {
  const wordsOf = (policy: string): string[] => [
    ...new Set(outcomes(policy, { watchLimitMs: limit }).map(({ verdict }) => verdict)),
  ];
  /** What may not be said when it may be watched until there is a word. */
  const unsaid = limit === null ? [] : ['undecided'];

  test.each(['none', 'circuit-breaker', 'token-bucket'])('%s has always recovered', (policy) => {
    expect(wordsOf(policy)).toEqual(['recovered']);
  });

  test.each(['aws-2026', 'sre-budget', 'aws-legacy', 'sre-throttle'])(
    '%s is never said to be stuck',
    (policy) => {
      const words = wordsOf(policy);
      for (const word of ['stuck', ...unsaid]) expect(words).not.toContain(word);
    },
  );

  test.each(['immediate', 'full-jitter'])('%s is always stuck', (policy) => {
    expect(wordsOf(policy)).toEqual(['stuck']);
  });

  test.each(['finagle', 'per-message-ttl'])(
    '%s is stuck, or not watched for long enough to say so',
    (policy) => {
      const words = wordsOf(policy);
      expect(words).toContain('stuck');
      for (const word of ['recovered', 'draining', ...unsaid]) expect(words).not.toContain(word);
    },
  );
});

test('what drains is back when it was said that it would be', () => {
  const pairs = ['aws-legacy', 'aws-2026'].flatMap((policy) =>
    Array.from({ length: 20 }, (_, index) =>
      [13_000, 60_000].map((observeMs) => {
        const played = simulate({ ...load, policy, observeMs, seed: index + 1 });
        return outcomeOf(played.series, played.setting);
      }),
    ),
  );
  const draining = pairs.flatMap(([short, long]) =>
    short?.verdict === 'draining' && short.backMs !== null && long !== undefined
      ? [{ said: short.backMs, wasMs: long.recoveryMs ?? Number.NaN }]
      : [],
  );
  // Windows are of a second, and a recovery begins with one.
  const asSaid = draining.filter(
    ({ said, wasMs }) => wasMs >= said.low - 2000 && wasMs <= said.high + 2000,
  );
  expect(draining.length).toBeGreaterThan(10);
  expect(asSaid).toEqual(draining);
});

describe('a watch', () => {
  test('that may not be prolonged is as long as it is to be', () => {
    expect(watchesOf(load)).toEqual([13_000]);
  });

  test('is prolonged by half each time, with a look after 120 T, up to its limit', () => {
    expect(watchesOf({ ...load, watchLimitMs: 100_000 })).toEqual([
      13_000, 20_000, 30_000, 44_000, 60_000, 90_000, 100_000,
    ]);
  });

  test('that may be prolonged ends with a window', () => {
    const uneven = { ...load, triggerMs: 2600, watchLimitMs: 20_000 };
    for (const watchMs of watchesOf(uneven)) expect((4000 + 2600 + watchMs) % 1000).toBe(0);
  });
});
