import { expect, test } from 'vitest';

import { median, spread } from './sample.ts';

test.each([
  [[3], 3],
  [[3, 1], 2],
  [[5, 1, 3], 3],
  [[10, 9, 100, 1], 9.5],
])('the median of %j is %d', (sample, value) => expect(median(sample)).toBe(value));

test('the sample is left as it was', () => {
  const sample = [3, 1, 2];
  median(sample);
  expect(sample).toEqual([3, 1, 2]);
});

test('an empty sample has no median', () => expect(() => median([])).toThrow(RangeError));

test('a spread tells median, extremes and size', () => {
  expect(spread([2, 1, 4], ' s')).toBe('2.0 s (1.0 to 4.0, n = 3)');
  expect(spread([0.123], ' ms', 2)).toBe('0.12 ms (0.12 to 0.12, n = 1)');
});
