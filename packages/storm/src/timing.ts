/** Histograms of a load: from what a program wrote to the few numbers that a table or a percentile plot needs. */
import type { LoadTiming } from '@lab/contract';
import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';

import type { TimingSummary } from './result.ts';

/** Percentiles that are kept of every histogram. */
export const percentilesKept = [0, 10, 20, 30, 40, 50, 75, 90, 95, 99, 99.9, 99.99, 100] as const;

/** @param encoded what a `timing` event carries: compressed V2, base64, microseconds */
export function decodeTiming(encoded: string): Histogram {
  return decodeFromCompressedBase64(encoded);
}

/**
 * @param histogram of microseconds
 * @param censored how many of them were not over when counting ended
 */
export function summariseTiming(
  of: LoadTiming,
  part: TimingSummary['part'],
  histogram: Histogram,
  censored: number,
): TimingSummary {
  const count = histogram.totalCount;
  const ms = (micros: number): number => (count === 0 ? 0 : micros / 1000);
  return {
    of,
    part,
    count,
    censored,
    meanMs: ms(histogram.mean),
    maxMs: ms(histogram.maxValue),
    percentiles: percentilesKept.map((percentile) => [
      percentile,
      ms(percentile === 0 ? histogram.minNonZeroValue : histogram.getValueAtPercentile(percentile)),
    ]),
  };
}
