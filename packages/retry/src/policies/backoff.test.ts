/** The delays of the policies that only wait: what they are, and between which bounds chance may move them. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { policyNamed } from '../policies.ts';
import { oneClient } from '../testing/drive.ts';

const uniforms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const setting = { ...oneClient, attempts: 12 };

function delayMs(name: string, attempt: number, uniform: number, previousDelayMs = 0): number {
  const caller = policyNamed(name).caller(setting, () => uniform);
  const delay = caller.failed(0, { attempt, reason: 'timeout', previousDelayMs });
  if (delay === null) throw new Error(`${name} gave up after attempt ${attempt}`);
  return delay;
}

describe('backoff', () => {
  it('is nothing, 200 ms, or 100 ms doubled up to 5 s', () => {
    expect([1, 2, 3].map((attempt) => delayMs('immediate', attempt, 0.5))).toEqual([0, 0, 0]);
    expect([1, 2, 3].map((attempt) => delayMs('fixed', attempt, 0.5))).toEqual([200, 200, 200]);
    expect([1, 2, 3, 6, 7, 11].map((attempt) => delayMs('exponential', attempt, 0.5))).toEqual([
      100, 200, 400, 3200, 5000, 5000,
    ]);
  });

  it.each(['full-jitter', 'in-slot-jitter'])(
    '%s draws from nothing to the exponential delay',
    (name) => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 11 }), uniforms, (attempt, uniform) => {
          const ceiling = delayMs('exponential', attempt, 0);
          expect(delayMs(name, attempt, uniform)).toBeCloseTo(uniform * ceiling, 9);
        }),
      );
    },
  );

  it('decorrelated jitter draws from the base to three times the delay before, at most the cap', () => {
    fc.assert(
      fc.property(uniforms, fc.double({ min: 100, max: 5000, noNaN: true }), (uniform, before) => {
        const delay = delayMs('decorrelated-jitter', 2, uniform, before);
        expect(delay).toBeGreaterThanOrEqual(100);
        expect(delay).toBeLessThanOrEqual(Math.min(5000, 3 * before));
      }),
    );
    expect(delayMs('decorrelated-jitter', 1, 0)).toBe(100);
    expect(delayMs('decorrelated-jitter', 1, 0.5)).toBe(200);
  });

  it('BullMQ with jitter 0.5 draws from half to the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), uniforms, (attempt, uniform) => {
        const whole = 100 * 2 ** (attempt - 1);
        const delay = delayMs('bullmq-jitter', attempt, uniform);
        expect(delay).toBeGreaterThanOrEqual(whole / 2);
        expect(delay).toBeLessThanOrEqual(whole);
      }),
    );
  });

  it('the AWS modes wait longer for a server that throttles than for one that times out', () => {
    for (const [name, transientMs, throttlingMs] of [
      ['aws-legacy', 100, 500],
      ['aws-2026', 50, 1000],
    ] as const) {
      const after = (reason: 'timeout' | 'rejected', attempt: number) =>
        policyNamed(name)
          .caller(setting, () => 0.5)
          .failed(0, { attempt, reason, previousDelayMs: 0 });
      expect([after('timeout', 1), after('timeout', 2)]).toEqual([transientMs / 2, transientMs]);
      expect(after('rejected', 1)).toBe(throttlingMs / 2);
      expect(after('timeout', 3)).toBeNull();
    }
  });
});
