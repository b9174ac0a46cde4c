/** Small numbers about small samples. */

/** @throws RangeError on an empty sample. */
export function median(sample: readonly number[]): number {
  const sorted = sample.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('median of an empty sample');
  return (upper + lower) / 2;
}

/** `median (lowest to highest)`, in the given unit. */
export function spread(sample: readonly number[], unit: string, digits = 1): string {
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median(sample))}${unit} (${text(Math.min(...sample))} to ${text(Math.max(...sample))}, n = ${sample.length})`;
}
