/**
 * How long a load is watched: as long as its setting says, and then in steps, each half as long again as all before it,
 * until it can be said what has become of it or the limit is reached. Steps grow so that few looks are taken: each may be
 * wrong by chance.
 */
import { loadMsOf, watchedFor, windowMsOf, type LoadSetting } from '@lab/contract';

import { outcomeOf } from './outcome.ts';
import type { LoadSeries } from './series.ts';
import { longWatchMsOf } from './word.ts';

/**
 * @returns each length of the watch after which it is asked whether that was enough, ms, rising; where it may be prolonged,
 *   each ends with a window
 */
export function watchesOf(setting: LoadSetting): number[] {
  const { observeMs, watchLimitMs } = setting;
  if (watchLimitMs === null) return [observeMs];
  const windowMs = windowMsOf(setting);
  const longMs = longWatchMsOf(setting);
  const wholeFrom = (watchMs: number): number => {
    const ends = loadMsOf(watchedFor(setting, watchMs));
    return watchMs + windowMs * Math.ceil(ends / windowMs - rounding) - ends;
  };
  const watches = [wholeFrom(observeMs)];
  for (let last = observeMs; last < watchLimitMs;) {
    const next = Math.max(1.5 * last, last + windowMs);
    // One look is taken as soon as it may be said that nothing moves.
    last = Math.min(watchLimitMs, last < longMs && next > longMs ? longMs : next);
    watches.push(wholeFrom(last));
  }
  return [...new Set(watches)];
}

/** Lengths are sums of milliseconds, and may miss a border by a rounding error. */
const rounding = 1e-9;

/** Whether a watch of this length came to a word; where it did not it is prolonged, up to the limit. */
export function isDecided(series: LoadSeries, setting: LoadSetting, watchedMs: number): boolean {
  return outcomeOf(series, watchedFor(setting, watchedMs)).verdict !== 'undecided';
}
