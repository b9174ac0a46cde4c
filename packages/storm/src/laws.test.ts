import { expect, test } from 'vitest';

import {
  answeredInTime,
  attemptedLoad,
  criticalUtilisation,
  drainTimeMs,
  poolRatio,
  queueBoundRatio,
  sentDuring,
  startsCollapse,
} from './laws.ts';

const service = { capacityPerS: 200, timeoutMs: 500 };

test('a collapse can last above 1 / A_max', () => {
  expect([1, 2, 3, 4, 5].map(criticalUtilisation)).toEqual([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]);
  expect(attemptedLoad(140, 200, 4)).toBeCloseTo(2.8);
  expect(attemptedLoad(8, 20, 3)).toBeCloseTo(1.2); // the published storm of SREGym, which lasts
  expect(attemptedLoad(8, 50, 2)).toBeCloseTo(0.32); // and its mitigation, which does not
});

test('the edge of queue and pool is what can be answered within one timeout', () => {
  expect(answeredInTime(service)).toBe(100);
  expect(queueBoundRatio(80, service)).toBe(0.8);
  expect(poolRatio(80, 500, 200)).toBeCloseTo(0.8);
  expect(poolRatio(128, 640, 200)).toBeCloseTo(1); // jitter that lets a slot rest 140 ms an attempt
  expect(startsCollapse(560, service)).toBe(5.6);
});

test('without retries the time to drain is (lambda D - mu T) / (mu - lambda)', () => {
  const backlog = sentDuring(4000, 140, [0]);
  expect(backlog).toBe(560);
  expect(drainTimeMs(backlog, 140, service)).toBeCloseTo(
    1000 * ((140 * 4 - 200 * 0.5) / (200 - 140)),
  );
});

test('retries send again what the stall left unanswered, each kind a timeout later', () => {
  expect(sentDuring(4000, 40, [0, 500, 1000, 1500])).toBe(40 * (4 + 3.5 + 3 + 2.5));
  expect(sentDuring(1200, 40, [0, 500, 1000, 1500])).toBeCloseTo(40 * (1.2 + 0.7 + 0.2));
});

test('what waits no longer than its callers needs no draining; what grows never ends', () => {
  expect(drainTimeMs(100, 560, service)).toBe(0);
  expect(drainTimeMs(101, 200, service)).toBe(Number.POSITIVE_INFINITY);
});
