import { expect, test } from 'vitest';

import { leaseTermsOf, requeueDelayMs, requeueTiersMs } from './requeue.ts';

const rabbitmq = { transport: 'rabbitmq', timeoutMs: 500 } as const;
const bullmq = { transport: 'bullmq', timeoutMs: 500 } as const;

test('keeps the delays of the fixed and exponential policies as they are', () => {
  for (const delayMs of [100, 200, 400, 800, 1600, 5000]) {
    expect(requeueDelayMs(rabbitmq, delayMs)).toBe(delayMs);
  }
});

test('never shortens a delay on RabbitMQ, but for one longer than the longest tier', () => {
  for (let delayMs = 1; delayMs <= 20_000; delayMs += 37) {
    expect(requeueDelayMs(rabbitmq, delayMs)).toBeGreaterThanOrEqual(delayMs);
  }
  expect(requeueDelayMs(rabbitmq, 60_000)).toBe(20_000);
});

test('makes a delay on RabbitMQ a tier that there is', () => {
  for (const timeoutMs of [200, 500, 733]) {
    const setting = { transport: 'rabbitmq', timeoutMs } as const;
    expect(requeueTiersMs(setting)).toContain(requeueDelayMs(setting, 0.3 * timeoutMs));
  }
});

test('scales the tiers with the timeout', () => {
  expect(requeueDelayMs({ transport: 'rabbitmq', timeoutMs: 200 }, 33)).toBe(40);
  expect(requeueDelayMs({ transport: 'rabbitmq', timeoutMs: 500 }, 82.5)).toBe(100);
});

test('gives BullMQ whole milliseconds', () => {
  expect(requeueDelayMs(bullmq, 82.5)).toBe(83);
});

test('leaves no delay at none and refuses what is not a delay', () => {
  expect(requeueDelayMs(rabbitmq, 0)).toBe(0);
  expect(requeueDelayMs(bullmq, 0)).toBe(0);
  expect(() => requeueDelayMs(bullmq, -1)).toThrow(RangeError);
  expect(() => requeueDelayMs(rabbitmq, Number.NaN)).toThrow(RangeError);
});

test('lets a lease last for the timeout and a job run twice', () => {
  expect(leaseTermsOf({ timeoutMs: 500 })).toEqual({ leaseMs: 500, checkEveryMs: 250, runs: 2 });
});
