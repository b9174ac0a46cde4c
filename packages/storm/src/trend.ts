/**
 * Where a count is going, with 95 % bounds. Two statistics, because two things are asked.
 *
 * - `trendOf`: does it rise or fall? The mean increment from block to block, by Student's t. Increments of a random walk are
 *   independent, so a queue that only wanders is not taken for one that drains; a straight line laid through the readings by
 *   least squares finds a trend in 86 of 100 walks that have none.
 * - `driftOf`: does it stay where it is? Of a level about which it swings, increments tell next to nothing: a swing is
 *   counted in full wherever the blocks end. Here the second half is taken against the first, reading by reading. Of a walk
 *   its bounds are too close, so it serves to say that nothing moves, and never that something does.
 */
import { meanBounds } from '@lab/statistics';

/** Change by window, with 95 % bounds. */
export interface Trend {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** No more of them: the longer a block is, the less of its increment is a swing. */
export const trendBlocks = 8;

/** @param readings in order, one a window; the last ones are used. @returns null of too few for eight blocks */
export function trendOf(readings: readonly number[]): Trend | null {
  const length = Math.floor((readings.length - 1) / trendBlocks);
  if (length < 1) return null;
  const before = (block: number): number => readings.at(-1 - block * length) ?? 0;
  const increments = Array.from(
    { length: trendBlocks },
    (_, block) => before(block) - before(block + 1),
  );
  return perWindow(increments, length);
}

/** @param values in order, one a window; the last ones are used. @returns null of too few for eight pairs */
export function driftOf(values: readonly number[]): Trend | null {
  const half = Math.floor(values.length / 2);
  if (half < trendBlocks) return null;
  const later = values.slice(-half);
  const earlier = values.slice(-2 * half, -half);
  return perWindow(
    later.map((value, index) => value - (earlier[index] ?? 0)),
    half,
  );
}

/**
 * The values without what `cause` explains of them, by a straight line through the pairs (a control variate): what is
 * left has the same drift where the cause has none, and less chance in it.
 */
export function without(cause: readonly number[], values: readonly number[]): number[] {
  const centre = meanOf(cause);
  const level = meanOf(values);
  const spread = cause.reduce((sum, one) => sum + (one - centre) ** 2, 0);
  if (spread === 0) return [...values];
  const together = values.reduce(
    (sum, value, index) => sum + (value - level) * ((cause[index] ?? centre) - centre),
    0,
  );
  return values.map(
    (value, index) => value - (together / spread) * ((cause[index] ?? centre) - centre),
  );
}

function perWindow(changes: readonly number[], windows: number): Trend {
  const { mean, low, high } = meanBounds(changes);
  return { mean: mean / windows, low: low / windows, high: high / windows };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
