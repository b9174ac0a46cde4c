/**
 * The value below which a share of the sample lies, between two of them by straight line (R's type 7).
 * Infinite members are allowed; between a finite and an infinite one the infinite one is taken.
 * @param share 0 to 1
 * @throws RangeError on an empty sample or a share outside 0 to 1
 */
export function quantile(sample: readonly number[], share: number): number {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`expected a share in 0 to 1, got ${share}`);
  const sorted = sample.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const lower = sorted[Math.floor(place)];
  const upper = sorted[Math.ceil(place)];
  if (lower === undefined || upper === undefined) {
    throw new RangeError('quantile of an empty sample');
  }
  const between = place - Math.floor(place);
  if (between === 0 || lower === upper) return lower;
  if (!Number.isFinite(lower)) return lower;
  return Number.isFinite(upper) ? lower + (upper - lower) * between : upper;
}
