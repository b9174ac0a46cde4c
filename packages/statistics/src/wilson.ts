/**
 * Wilson's score interval for a proportion: what k of n says about the rate behind it. Unlike the textbook
 * interval it stays within 0 and 1 and does not collapse at 100/100.
 * @param z standard score; the default is that of 95 %
 * @returns bounds within 0 and 1; for n = 0 nothing is known: 0 to 1
 * @throws RangeError unless 0 <= successes <= n
 */
export function wilson(
  successes: number,
  n: number,
  z = 1.959963984540054,
): { readonly low: number; readonly high: number } {
  if (!(successes >= 0 && successes <= n)) {
    throw new RangeError(`expected 0 <= successes <= n, got ${successes} of ${n}`);
  }
  if (n === 0) return { low: 0, high: 1 };
  const rate = successes / n;
  const shrink = 1 + z ** 2 / n;
  const centre = (rate + z ** 2 / (2 * n)) / shrink;
  const half = (z / shrink) * Math.sqrt((rate * (1 - rate)) / n + z ** 2 / (4 * n ** 2));
  // At the ends the bound is exact; the formula misses it by a rounding error.
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
  };
}
