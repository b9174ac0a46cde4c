import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { bootstrap } from './bootstrap.ts';
import { median } from './sample.ts';

/** A plain linear congruential generator (Numerical Recipes): enough for a test. */
function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const mean = (sample: readonly number[]): number =>
  sample.reduce((sum, value) => sum + value, 0) / sample.length;

describe('bootstrap', () => {
  test('gives the interval of a mean that its standard error gives', () => {
    const random = stream(7);
    const sample = Array.from({ length: 400 }, () => random());
    const { low, high } = bootstrap(sample, mean, { random, resamples: 2000 });
    const error = Math.sqrt(1 / 12 / 400);
    expect(low).toBeCloseTo(mean(sample) - 1.96 * error, 2);
    expect(high).toBeCloseTo(mean(sample) + 1.96 * error, 2);
  });

  test('gives the same interval for the same stream', () => {
    const sample = [1, 2, 3, 10, 20];
    expect(bootstrap(sample, median, { random: stream(3) })).toEqual(
      bootstrap(sample, median, { random: stream(3) }),
    );
  });

  test('draws whole members', () => {
    const rows = [
      [1, 1],
      [2, 2],
      [3, 3],
    ];
    bootstrap(
      rows,
      (drawn) => {
        for (const row of drawn) expect(row[0]).toBe(row[1]);
        return drawn.length;
      },
      { random: stream(1), resamples: 20 },
    );
  });

  test('has an infinite bound where draws have no finite answer', () => {
    const beyond = bootstrap([1, 2, Infinity, Infinity], (drawn) => Math.max(...drawn), {
      random: stream(2),
    });
    expect(beyond.high).toBe(Infinity);
  });

  test('stays within the sample', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 30 }),
        fc.integer(),
        (sample, seed) => {
          const { low, high } = bootstrap(sample, median, { random: stream(seed), resamples: 50 });
          expect(low).toBeGreaterThanOrEqual(Math.min(...sample));
          expect(high).toBeLessThanOrEqual(Math.max(...sample));
          expect(low).toBeLessThanOrEqual(high);
        },
      ),
    );
  });

  test('refuses an empty sample and a statistic that is not a number', () => {
    expect(() => bootstrap([], mean, { random: stream(1) })).toThrow(RangeError);
    expect(() => bootstrap([1], () => Number.NaN, { random: stream(1) })).toThrow(RangeError);
  });
});
