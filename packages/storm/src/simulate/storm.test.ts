/** The figures that a simulator of the same load gave before this one was written, and what the laws say. */
import type { LoadSetting } from '@lab/contract';
import { describe, expect, test, vi } from 'vitest';

import { medianRecoveryMs, median, outcomesOf, reference, stuckAmong } from './testing/settings.ts';

vi.setConfig({ testTimeout: 60_000 }); // hundreds of simulated minutes, on a host that may be busy

const seeds = 10;
/** As the benchmark watches: for as long as it takes, up to 200 T. */
const untilDecided = { watchLimitMs: 100_000 };

describe.each([1, 2, 3, 4, 5])('%i attempts', (attempts) => {
  const at = (rho: number) =>
    outcomesOf({ attempts, offeredPerS: 200 * rho, ...untilDecided }, seeds);

  test('come back from a stall a step of 0.05 below 1/n', () => {
    const rho = attempts === 1 ? 0.9 : 1 / attempts - 0.05;
    expect(stuckAmong(at(rho))).toBe(0);
  });

  test('stay down a step of 0.05 above 1/n, each job attempted n times', () => {
    const outcomes = at(1 / attempts + 0.05);
    expect(stuckAmong(outcomes)).toBe(seeds);
    expect(median(outcomes.map((outcome) => outcome.amplificationAfter))).toBeCloseTo(attempts, 0);
  });
});

test('a storm at rho 0.7 lasts with an amplification of 4 and no goodput', () => {
  const outcomes = outcomesOf({}, seeds);
  expect(stuckAmong(outcomes)).toBe(seeds);
  const amplification = median(outcomes.map((outcome) => outcome.amplificationAfter));
  expect(Math.abs(amplification - 4)).toBeLessThan(0.08); // within 2 % of A_max
  expect(Math.max(...outcomes.map(({ goodputAfter }) => goodputAfter))).toBeLessThan(0.01);
});

test.each([
  ['none', 8000],
  ['token-bucket', 9000],
  ['grpc', 9000],
  ['aws-2026', 14_000],
  ['aws-legacy', 17_000],
  ['circuit-breaker', 3000],
  ['bounded-queue-drop-head', 0],
  ['bounded-queue-reject', 0],
  ['lifo', 0],
  ['codel-lifo', 0],
])('%s recovers in %i ms, give or take a window', (policy, expectedMs) => {
  const outcomes = outcomesOf({ policy }, 5);
  expect(outcomes.map(({ verdict }) => verdict)).toEqual(Array(5).fill('recovered'));
  expect(Math.abs(medianRecoveryMs(outcomes) - expectedMs)).toBeLessThanOrEqual(1000);
});

test.each(['fixed', 'exponential', 'full-jitter', 'decorrelated-jitter', 'per-message-ttl'])(
  '%s does not recover',
  (policy) => {
    const outcomes = outcomesOf({ policy, ...untilDecided }, 5);
    expect(stuckAmong(outcomes)).toBe(5);
    expect(median(outcomes.map(({ goodputAfter }) => goodputAfter))).toBeLessThan(0.25);
    expect(median(outcomes.map(({ amplificationAfter }) => amplificationAfter))).toBeGreaterThan(
      3.5,
    );
  },
);

test('a queue bound above mu T lets the collapse last, one at mu T does not', () => {
  const policy = 'bounded-queue-reject';
  const stuckAt = (queueBound: number, of: number): number =>
    stuckAmong(outcomesOf({ policy, queueBound, ...untilDecided }, of));
  expect(stuckAt(100, seeds)).toBe(0);
  const between = stuckAt(120, 20);
  expect(between).toBeGreaterThan(7);
  expect(between).toBeLessThan(20);
  expect(stuckAt(150, seeds)).toBeGreaterThanOrEqual(9);
});

test.each(['in-slot', 're-enqueue'] as const)(
  'a pool of mu T slots stays down (%s), a smaller one does not',
  (topology) => {
    const pool = (concurrency: number) => outcomesOf({ topology, concurrency }, seeds);
    expect(stuckAmong(pool(80))).toBe(0);
    const collapsed = pool(200);
    expect(stuckAmong(collapsed)).toBe(seeds);
    expect(stuckAmong(pool(100))).toBe(seeds);
    const amplification = median(collapsed.map(({ amplificationAfter }) => amplificationAfter));
    expect(amplification).toBeCloseTo(200 / (140 * 0.5), 0.5); // W / (lambda T)
  },
);

test('jitter inside the slot moves the edge of the pool, jitter outside does not', () => {
  const jittered = { policy: 'full-jitter', concurrency: 90, ...untilDecided };
  const inside = outcomesOf({ ...jittered, topology: 'in-slot' }, 5);
  expect(inside.map(({ verdict }) => verdict)).toEqual(Array(5).fill('recovered'));
  const outside = { ...jittered, concurrency: 100, topology: 're-enqueue' } as const;
  expect(stuckAmong(outcomesOf(outside, 5))).toBe(5);
});

test('a lease runs jobs twice for good where its pool is larger than mu T', () => {
  const pool = (concurrency: number) =>
    outcomesOf({ topology: 'lease', transport: 'bullmq', concurrency }, 5);
  expect(stuckAmong(pool(80))).toBe(0);
  expect(stuckAmong(pool(128))).toBe(5);
});

test.each(['blackhole', 'latency', 'spike'] as const)('%s starts the same storm', (trigger) => {
  expect(stuckAmong(outcomesOf({ trigger }, 5))).toBe(5);
  expect(stuckAmong(outcomesOf({ trigger, policy: 'none' }, 5))).toBe(0);
  expect(stuckAmong(outcomesOf({ trigger, policy: 'token-bucket' }, 5))).toBe(0);
});

test('a restart empties the queue: without retries it is over at once, retries bring the storm back', () => {
  expect(medianRecoveryMs(outcomesOf({ trigger: 'restart', policy: 'none' }, 5))).toBe(0);
  expect(stuckAmong(outcomesOf({ trigger: 'restart' }, 5))).toBe(5);
});

test('nothing happens where nothing is done', () => {
  const outcomes = outcomesOf({ trigger: 'none' }, 5);
  expect(outcomes.map(({ recoveryMs }) => recoveryMs)).toEqual(Array(5).fill(0));
  expect(Math.max(...outcomes.map(({ amplificationAfter }) => amplificationAfter))).toBeLessThan(
    1.05,
  );
});

test('the published storm of SREGym: 8/s on 20/s, 3 attempts, a spike of 40/s for 10 s', () => {
  const published: Partial<LoadSetting> = {
    slots: 1,
    serviceMs: 50,
    capacityPerS: 20,
    offeredPerS: 8,
    timeoutMs: 750,
    attempts: 3,
    trigger: 'spike',
    spikeFactor: 5,
    triggerMs: 10_000,
  };
  const stuck = outcomesOf({ ...published, observeMs: 120_000 }, 5);
  expect(stuckAmong(stuck)).toBe(5);
  expect(median(stuck.map(({ amplificationAfter }) => amplificationAfter))).toBeCloseTo(3, 1);
  const mitigated = { capacityPerS: 50, serviceMs: 20, attempts: 2 };
  expect(stuckAmong(outcomesOf({ ...published, ...mitigated }, 5))).toBe(0);
});

test('the fast profile is the same storm: all times by 2.5', () => {
  const fast = { serviceMs: 16, timeoutMs: 200, capacityPerS: 500, offeredPerS: 350 };
  const times = { warmUpMs: 2400, triggerMs: 1600, observeMs: 9600 };
  const none = outcomesOf({ ...fast, ...times, policy: 'none' }, seeds);
  expect(stuckAmong(outcomesOf({ ...fast, ...times }, seeds))).toBe(seeds);
  expect(2.5 * medianRecoveryMs(none)).toBeCloseTo(
    medianRecoveryMs(outcomesOf({ ...reference, policy: 'none' }, seeds)),
    -3.5,
  );
});
