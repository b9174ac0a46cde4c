import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { survivalMedian } from './survival.ts';

const ended = (value: number) => ({ value, censored: false });
const watched = (value: number) => ({ value, censored: true });

describe('the median of times that were not all seen to their end', () => {
  test.each([
    ['of nothing is not there', [], null],
    ['of one is that one', [ended(3)], 3],
    ['is the lower one of two', [ended(4), ended(2)], 2],
    ['is beyond the watch when most were', [ended(1), watched(9), watched(9)], null],
    ['is within it when half ended', [ended(1), watched(9)], 1],
    // After the loss at 2, two of two remain with 3/4 surviving each: 3/4 * 1/2 falls below a half at 5.
    [
      'gives the share of those lost early to those who stayed',
      [ended(1), watched(2), ended(5), ended(7)],
      5,
    ],
    ['counts what ended at the moment another was lost first', [ended(2), watched(2)], 2],
  ])('%s', (_, durations, expected) => expect(survivalMedian(durations)).toBe(expected));

  test('agrees with the Freireich remission data', () => {
    // Freireich et al. 1963, 6-MP arm: published Kaplan-Meier median 23 weeks.
    const relapsed = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(ended);
    const lost = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(watched);
    expect(survivalMedian([...relapsed, ...lost])).toBe(23);
  });

  test('without losses is the lower median, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1 }), (values) => {
        const sorted = values.toSorted((a, b) => a - b);
        expect(survivalMedian(values.map(ended))).toBe(sorted[Math.ceil(sorted.length / 2) - 1]);
      }),
    );
  });

  test('never falls when a time turns out longer', () => {
    const times = fc.array(
      fc.record({ value: fc.integer({ min: 0, max: 50 }), censored: fc.boolean() }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(times, fc.nat(), (durations, which) => {
        const index = which % durations.length;
        const longer = durations.map((duration, at) =>
          at === index ? { value: 1000, censored: true } : duration,
        );
        expect(survivalMedian(longer) ?? Infinity).toBeGreaterThanOrEqual(
          survivalMedian(
            durations.map((d, at) => (at === index ? { ...d, censored: false } : d)),
          ) ?? Infinity,
        );
      }),
    );
  });
});
