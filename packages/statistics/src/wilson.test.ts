import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { wilson } from './wilson.ts';

describe('wilson', () => {
  // Reference values from the published formula, e.g. Newcombe 1998, table I: 81/263 and 15/148.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [100, 100, 0.963, 1],
  ])('bounds %i of %i', (k, n, low, high) => {
    const interval = wilson(k, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test('is exact at its ends, where the formula misses by a rounding error', () => {
    for (let n = 1; n <= 1000; n += 1) {
      expect(wilson(n, n).high).toBe(1);
      expect(wilson(0, n).low).toBe(0);
    }
  });

  test('has an upper end below 1 as soon as one trial failed', () => {
    for (let n = 2; n <= 1000; n += 1) {
      const { high } = wilson(n - 1, n);
      expect(high).toBeLessThan(1);
      expect(high).toBeGreaterThan((n - 1) / n);
    }
  });

  test('knows nothing from nothing', () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });

  test('refuses more successes than trials', () => {
    expect(() => wilson(3, 2)).toThrow(RangeError);
  });

  test('contains the rate and mirrors under exchange of success and failure', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, share) => {
          const k = Math.floor(n * share);
          const { low, high } = wilson(k, n);
          const mirror = wilson(n - k, n);
          expect(low).toBeLessThanOrEqual(k / n);
          expect(high).toBeGreaterThanOrEqual(k / n);
          expect(mirror.low).toBeCloseTo(1 - high, 10);
        },
      ),
    );
  });
});
