import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { quantile } from './quantile.ts';
import { median } from './sample.ts';

describe('quantile', () => {
  // Reference values: R, quantile(c(1, 2, 4, 8), p).
  test.each([
    [0, 1],
    [0.25, 1.75],
    [0.5, 3],
    [0.9, 6.8],
    [1, 8],
  ])('at %d', (share, value) => expect(quantile([8, 1, 4, 2], share)).toBeCloseTo(value, 12));

  test('goes to infinity only where the sample does', () => {
    const sample = [Number.NEGATIVE_INFINITY, 1, 2, Number.POSITIVE_INFINITY];
    expect(quantile(sample, 0.1)).toBe(Number.NEGATIVE_INFINITY);
    expect(quantile(sample, 0.5)).toBe(1.5);
    expect(quantile(sample, 0.9)).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    [[], 0.5],
    [[1], -0.1],
    [[1], Number.NaN],
  ])('refuses %j at %d', (sample, share) =>
    expect(() => quantile(sample, share)).toThrow(RangeError),
  );

  test('half way it is the median, and it never falls as the share rises', () => {
    const sample = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(sample, share, share, (values, a, b) => {
        expect(quantile(values, 0.5)).toBeCloseTo(median(values), 6);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(quantile(values, low)).toBeLessThanOrEqual(quantile(values, high) + 1e-6);
      }),
    );
  });
});
