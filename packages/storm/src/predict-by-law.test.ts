import type { LoadSetting } from '@lab/contract';
import { expect, test, vi } from 'vitest';

import { predictByLaw } from './predict-by-law.ts';
import { lawPredictionSchema, saysTheSame } from './result.ts';
import { median, outcomesOf, reference } from './simulate/testing/settings.ts';

vi.setConfig({ testTimeout: 60_000 }); // simulated hours, on a host that may be busy

const said = (changes: Partial<LoadSetting>) => predictByLaw({ ...reference, ...changes });

test('four attempts at rho 0.7 are a load of 2.8, and stay stuck', () => {
  expect(said({})).toEqual({
    aMax: 4,
    rhoStar: 0.25,
    load: 2.8,
    law: 'critical utilisation',
    verdict: 'stuck',
    recoveryMs: null,
    nearEdge: false,
  });
});

test.each([
  ['no retry', { policy: 'none' }, 7667],
  ['a spike without retry', { policy: 'none', trigger: 'spike' }, 8333],
  ['four attempts below the critical utilisation', { offeredPerS: 40 }, 10_500],
  ['token bucket', { policy: 'token-bucket' }, 8500],
  ['AWS before 2026', { policy: 'aws-legacy' }, 16_000],
  ['AWS 2026', { policy: 'aws-2026' }, 13_500],
  ['a pool of 80', { topology: 're-enqueue', concurrency: 80 }, 13_500],
  ['a queue of 80', { policy: 'bounded-queue-reject' }, 0],
] as const)('the drain of %s takes %o: %i ms', (_name, changes, expectedMs) => {
  const { verdict, recoveryMs, nearEdge } = said(changes);
  expect(verdict).toBe('recovered');
  expect(nearEdge).toBe(false);
  expect(recoveryMs).toBeCloseTo(expectedMs, -1);
});

test('what jitter does to a pool is to let its slots rest', () => {
  const pool = { policy: 'full-jitter', concurrency: 128 };
  const outside = said({ ...pool, topology: 're-enqueue' });
  const inside = said({ ...pool, topology: 'in-slot' });
  expect(outside.load).toBeCloseTo(1.28);
  expect(inside.load).toBeCloseTo(1.28 / 1.175, 1); // a mean rest of 350 ms for four attempts of 500
});

test('a drain longer than the watch is slow, not stuck', () => {
  const slow = said({ policy: 'none', offeredPerS: 180 });
  expect(slow).toMatchObject({ verdict: 'recovered', recoveryMs: 31_000 });
});

test('the edges are a tenth of rho A_max, and a fifth and a quarter of K and W', () => {
  const nearAt = (changes: Partial<LoadSetting>): boolean => said(changes).nearEdge;
  expect([40, 46, 54, 60].map((offeredPerS) => nearAt({ offeredPerS }))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  const bound = (queueBound: number) => nearAt({ policy: 'bounded-queue-reject', queueBound });
  expect([80, 81, 124, 125].map(bound)).toEqual([false, true, true, false]);
  const pool = (concurrency: number) => nearAt({ topology: 're-enqueue', concurrency });
  expect([80, 81, 124, 125].map(pool)).toEqual([false, true, true, false]);
});

test.each([
  ['newest first', { policy: 'lifo' }],
  ['messages that expire', { policy: 'per-message-ttl' }],
  ['a throttle', { policy: 'sre-throttle' }],
  ['requests that fail at random', { failureRate: 0.1 }],
  ['a ramp', { ramp: [0.1, 1.3] as [number, number], trigger: 'none' }],
  ['a closed loop', { closedCallers: 20 }],
  ['added latency', { trigger: 'latency' }],
  ['a restart', { trigger: 'restart' }],
  ['layers', { topology: 'layers', hops: 3 }],
] as const)('no law speaks of %s', (_name, changes) => {
  expect(said(changes)).toMatchObject({ law: 'none', verdict: null, recoveryMs: null });
});

test('layers multiply their attempts', () => {
  expect(said({ topology: 'layers', hops: 5, attempts: 3 }).aMax).toBe(243);
});

test('what is said can be written down', () => {
  for (const policy of ['none', 'immediate', 'finagle', 'circuit-breaker', 'lifo']) {
    for (const offeredPerS of [20, 50, 140, 190, 200, 210]) {
      for (const triggerMs of [0, 200, 700, 4000]) {
        expect(
          lawPredictionSchema.safeParse(said({ policy, offeredPerS, triggerMs })).success,
        ).toBe(true);
      }
    }
  }
});

/** Cells of maps and sweeps; the law is to be right in all that it does not call near. */
const cells: Partial<LoadSetting>[] = [
  ...['none', 'immediate', 'token-bucket', 'aws-2026', 'finagle'].flatMap((policy) =>
    [30, 140].flatMap((offeredPerS) =>
      [300, 1000, 4000].map((triggerMs) => ({ policy, offeredPerS, triggerMs })),
    ),
  ),
  ...[60, 150].map((queueBound) => ({ policy: 'bounded-queue-reject', queueBound })),
  ...(['in-slot', 're-enqueue'] as const).flatMap((topology) =>
    [80, 150].map((concurrency) => ({ topology, concurrency, policy: 'full-jitter' })),
  ),
  ...[80, 150].map((concurrency) => ({
    ...({ topology: 'lease', transport: 'bullmq' } as const),
    concurrency,
  })),
];

const away = cells
  .filter((cell) => !said(cell).nearEdge)
  .map((cell) => [JSON.stringify(cell), cell] as const);

test.each(away)('the model ends as the law says: %s', (_name, cell) => {
  const verdict = said(cell).verdict ?? 'undecided';
  for (const outcome of outcomesOf({ ...cell, watchLimitMs: 100_000 }, 2)) {
    expect(saysTheSame(outcome.verdict, verdict), outcome.verdict).toBe(true);
  }
});

test.each(away.filter(([, cell]) => said(cell).verdict === 'recovered'))(
  'the model recovers when the law says, within two windows or a fifth: %s',
  (_name, cell) => {
    const expectedMs = said(cell).recoveryMs ?? Number.NaN;
    const times = outcomesOf({ ...cell, observeMs: 60_000 }, 3).map(
      ({ recoveryMs }) => recoveryMs ?? Number.NaN,
    );
    expect(Math.abs(median(times) - expectedMs)).toBeLessThanOrEqual(
      Math.max(2000, 0.2 * expectedMs),
    );
  },
);
