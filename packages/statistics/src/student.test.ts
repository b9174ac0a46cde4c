import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { meanBounds, studentQuantile } from './student.ts';

// NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, critical values of Student's t.
test.each([
  [1, [3.078, 6.314, 12.706, 31.821, 63.657]],
  [2, [1.886, 2.92, 4.303, 6.965, 9.925]],
  [3, [1.638, 2.353, 3.182, 4.541, 5.841]],
  [7, [1.415, 1.895, 2.365, 2.998, 3.499]],
  [8, [1.397, 1.86, 2.306, 2.896, 3.355]],
  [14, [1.345, 1.761, 2.145, 2.624, 2.977]],
  [30, [1.31, 1.697, 2.042, 2.457, 2.75]],
  [100, [1.29, 1.66, 1.984, 2.364, 2.626]],
])('with %i degrees of freedom the quantiles are the published ones', (degrees, published) => {
  const quantiles = [0.9, 0.95, 0.975, 0.99, 0.995].map((probability) =>
    studentQuantile(probability, degrees),
  );
  for (const [index, quantile] of quantiles.entries()) {
    expect(quantile).toBeCloseTo(published[index] ?? Number.NaN, 3);
  }
});

test('the lower quantiles are the upper ones with the other sign, and the middle is nought', () => {
  expect(studentQuantile(0.025, 7)).toBeCloseTo(-studentQuantile(0.975, 7), 12);
  expect(studentQuantile(0.5, 4)).toBeCloseTo(0, 12);
});

test.each([
  [0, 7],
  [1, 7],
  [0.975, 0],
  [0.975, 2.5],
])('there is no quantile of %d with %d degrees of freedom', (probability, degrees) => {
  expect(() => studentQuantile(probability, degrees)).toThrow(RangeError);
});

describe('the bounds of a mean', () => {
  // The sample's variance is 0.253 by hand, and the table's 97.5 % point for 4 degrees of freedom is 2.776.
  test('are those of a t test', () => {
    const { mean, low, high } = meanBounds([5.1, 4.9, 5.6, 4.2, 5]);
    expect(mean).toBeCloseTo(4.96, 9);
    expect(high - mean).toBeCloseTo(2.7764451 * Math.sqrt(0.253 / 5), 5);
    expect(mean - low).toBeCloseTo(high - mean, 12);
  });

  test('lie about it, and meet in it where nothing spreads', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 }),
        (sample) => {
          const { mean, low, high } = meanBounds(sample);
          expect(low).toBeLessThanOrEqual(mean);
          expect(high).toBeGreaterThanOrEqual(mean);
        },
      ),
    );
    expect(meanBounds([3, 3, 3])).toEqual({ mean: 3, low: 3, high: 3 });
  });

  test('cannot be said of one value', () => {
    expect(() => meanBounds([1])).toThrow(RangeError);
  });
});
