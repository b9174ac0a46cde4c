import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { fitLogistic, halfPointOf, type DoseCount } from './half-point.ts';

describe('the dose at which half respond', () => {
  test('is found by the likeliest logistic curve', () => {
    const counts = [
      [0, 35],
      [1, 21],
      [2, 9],
      [3, 6],
      [4, 1],
    ].map(([x = 0, failures = 0]) => ({ x, k: 40 - failures, n: 40 }));
    const fit = fitLogistic(counts);
    // The likelihood is concave, so its one maximum is where both score equations hold.
    const chance = (x: number): number =>
      1 / (1 + Math.exp(-(fit?.slope ?? 0) * (x - (fit?.at ?? 0))));
    const score = (weight: (x: number) => number): number =>
      counts.reduce((sum, { x, k, n }) => sum + weight(x) * (k - n * chance(x)), 0);
    expect(score(() => 1)).toBeCloseTo(0, 6);
    expect(score((x) => x)).toBeCloseTo(0, 6);
    expect(halfPointOf(counts)).toMatchObject({ kind: 'fit', at: fit?.at });
  });

  test.each<[string, DoseCount[], object]>([
    [
      'lies between two doses when outcomes separate',
      [dose(1, 0), dose(2, 10)],
      { kind: 'bracket', at: 1.5, low: 1, high: 2 },
    ],
    [
      'lies by the one dose that has both',
      [dose(1, 0), dose(2, 4), dose(3, 10)],
      { kind: 'bracket', low: 2, high: 3 },
    ],
    ['is below a grid in which all respond', [dose(1, 10), dose(2, 10)], { kind: 'below', at: 1 }],
    ['is above a grid in which none responds', [dose(1, 0), dose(2, 0)], { kind: 'above', at: 2 }],
    [
      'is above a grid whose top responds at times',
      [dose(1, 0), dose(2, 1), dose(3, 2)],
      { kind: 'above', at: 3 },
    ],
  ])('%s', (_, counts, expected) => expect(halfPointOf(counts)).toMatchObject(expected));

  test.each<[string, DoseCount[]]>([
    ['when more of it helps', [dose(1, 8), dose(2, 5), dose(3, 2)]],
    ['without counts', []],
    ['without trials', [{ x: 1, k: 0, n: 0 }]],
  ])('is not there %s', (_, counts) => expect(halfPointOf(counts)).toBeNull());

  test('refuses more responses than trials', () => {
    expect(() => halfPointOf([{ x: 1, k: 3, n: 2 }])).toThrow(RangeError);
  });

  test('finds the middle of exact rates, in any order and unit', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 2.2, max: 4.8, noNaN: true }),
        fc.double({ min: 0.5, max: 2, noNaN: true }),
        fc.constantFrom(1, 1000, 0.001),
        (middle, slope, unit) => {
          const counts = [5, 1, 3, 6, 2, 4].map((x) => ({
            x: x * unit,
            k: 1e6 / (1 + Math.exp(-slope * (x - middle))),
            n: 1e6,
          }));
          const half = halfPointOf(counts);
          expect(half?.kind).toBe('fit');
          expect((half?.at ?? 0) / unit).toBeCloseTo(middle, 5);
        },
      ),
    );
  });

  test('always lies within the grid', () => {
    const counts = fc.array(
      fc.record({
        x: fc.integer({ min: 1, max: 6 }),
        k: fc.integer({ min: 0, max: 10 }),
        n: fc.constant(10),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(counts, (doses) => {
        const half = halfPointOf(doses);
        if (half === null) return;
        const grid = doses.map(({ x }) => x);
        expect(half.at).toBeGreaterThanOrEqual(Math.min(...grid) - 1e-9);
        expect(half.at).toBeLessThanOrEqual(Math.max(...grid) + 1e-9);
      }),
    );
  });
});

function dose(x: number, k: number): DoseCount {
  return { x, k, n: 10 };
}
