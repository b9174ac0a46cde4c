import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { fisherExact } from './fisher.ts';

describe("Fisher's exact test", () => {
  // Reference values: 3/4 against 1/4 is Fisher's lady tasting tea (34/70); the others by hand from the hypergeometric.
  test.each([
    [3, 4, 1, 4, 34 / 70],
    [10, 10, 0, 10, 2 / 184_756],
    [0, 10, 0, 10, 1],
    [1, 1, 0, 1, 1],
    [0, 0, 5, 9, 1],
  ])('%i of %i against %i of %i', (k, n, l, m, p) =>
    expect(fisherExact({ k, n }, { k: l, n: m })).toBeCloseTo(p, 10),
  );

  test('refuses more successes than trials', () => {
    expect(() => fisherExact({ k: 3, n: 2 }, { k: 0, n: 2 })).toThrow(RangeError);
  });

  const count = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([n, share]) => ({ k: Math.round(n * share), n }));

  test('does not care which is first or what counts as success', () => {
    fc.assert(
      fc.property(count, count, (a, b) => {
        const p = fisherExact(a, b);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(fisherExact(b, a)).toBeCloseTo(p, 9);
        const turned = ({ k, n }: { k: number; n: number }) => ({ k: n - k, n });
        expect(fisherExact(turned(a), turned(b))).toBeCloseTo(p, 9);
      }),
    );
  });
});
