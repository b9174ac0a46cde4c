/**
 * What has become of a load once its trigger is gone, in one of four words. Slow is not stuck: what is asked is not how
 * much was answered by the time the watch ended, but where the backlog (backlog.ts) is going.
 *
 * - `recovered`: 0.95 of what is offered is answered in some three windows together, and half in each of them, and 0.95
 *   from there to the end. (A window has so few jobs that a healthy one is below 0.95 every now and then.)
 * - `draining`: the backlog falls (trend.ts), and its bounds say when it will be down to what is answered in time.
 * - `stuck`: no more is answered than before, and either the backlog grows, over 16 T or more, or the watch has lasted 120 T
 *   and 20 D and the backlog stays where it is: falling no faster than its lower bound it would take ten such watches.
 * - `undecided`: the watch was too short to tell.
 *
 * No word but `undecided` hangs on how long was watched; a model may say how long to watch, and never what is seen.
 */
import type { LoadSetting } from '@lab/contract';
import { offeredAt } from '@lab/workload';

import { backlogOf } from './backlog.ts';
import { answeredInTime } from './laws.ts';
import type { LoadVerdict } from './result.ts';
import type { LoadSeries } from './series.ts';
import { driftOf, trendBlocks, trendOf, without, type Trend } from './trend.ts';
import { partsOf, sumOver, type Parts, type Span } from './windows.ts';

export interface Word {
  readonly verdict: LoadVerdict;
  /** The first of the windows that stayed good; null where it has not recovered. */
  readonly goodFrom: number | null;
  /** Of the backlog, messages a second; null where too little was watched. */
  readonly slopePerS: Trend | null;
  /** Of a backlog that drains: when it is down to what is answered in time, ms since the trigger's end. */
  readonly backMs: Bounds | null;
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** @param setting as it was watched: `observeMs` is how long */
export function wordOf(series: LoadSeries, setting: LoadSetting): Word {
  const parts = partsOf(series, setting);
  const trend = trendOf(readingsOf(series, parts));
  const said = { goodFrom: null, slopePerS: perSecond(trend, series.windowMs), backMs: null };
  const goodFrom = firstWindowOfGood(series, setting, parts.watch);
  if (goodFrom !== null) return { ...said, verdict: 'recovered', goodFrom };
  if (trend === null) return { ...said, verdict: 'undecided' };
  const beyond = beyondOf(series, setting, parts);
  const backMs = backOf(trend, beyond, series, parts);
  if (backMs !== null) return { ...said, verdict: 'draining', backMs };
  const held =
    isRateBack(series, setting, lastWindows(parts)) &&
    !goodputRises(series, parts) &&
    (grows(trend) || staysPut(series, setting, parts, beyond));
  return { ...said, verdict: held ? 'stuck' : 'undecided' };
}

/** Shortest watch, in T and in D, after which it may be said that nothing moves. */
const longWatchTimeouts = 120;
const longWatchTriggers = 20;
/** In how many such watches it would not be back. */
const watchesAhead = 10;

/** How long has to be watched before it may be said of a load that it stays where it is, ms. */
export function longWatchMsOf({
  timeoutMs,
  triggerMs,
}: Pick<LoadSetting, 'timeoutMs' | 'triggerMs'>): number {
  return Math.max(longWatchTimeouts * timeoutMs, longWatchTriggers * triggerMs);
}

/**
 * All but the first tenth of the watch, and no less than eight windows: what callers do at once when the trigger goes is
 * not what they keep doing.
 */
function lastWindows({ watch }: Parts): Span {
  const windows = Math.max(trendBlocks, Math.floor(0.9 * (watch.to - watch.from)));
  return { from: Math.max(watch.from + 1, watch.to - windows), to: watch.to };
}

/** The backlog at the end of each of those windows, and of the one before, from whose end on they are. */
function readingsOf(series: LoadSeries, parts: Parts): number[] {
  const { from, to } = lastWindows(parts);
  return backlogOf(series).slice(from - 1, to);
}

function grows({ mean, low }: Trend): boolean {
  return mean > 0 && low >= 0; // of readings that are all the same nothing grows
}

/**
 * When a backlog that falls is down to what is answered in time; null where it does not fall, or so slowly by its bounds that
 * ten more such watches might not do: then they do not say when.
 */
function backOf(
  trend: Trend,
  beyond: number,
  { windowMs }: LoadSeries,
  { watch, removedAtMs }: Parts,
): Bounds | null {
  const pace = beyond / (watchesAhead * (watch.to - watch.from));
  if (beyond <= 0 || trend.high >= 0 || -trend.high < pace) return null;
  const watchedMs = watch.to * windowMs - removedAtMs;
  const backAt = (perWindow: number): number => watchedMs + (beyond / -perWindow) * windowMs;
  return { low: backAt(trend.low), high: backAt(trend.high) };
}

/** Its later half against its earlier one; of a watch too short for that nobody knows. */
function goodputRises(series: LoadSeries, parts: Parts): boolean {
  const drift = driftOf(goodputOf(series, lastWindows(parts)));
  return drift !== null && drift.low > 0;
}

/**
 * Whether the watch was long, and at the pace that its bounds allow ten more like it would not bring the load back. How
 * many jobs happened to come just before a reading explains most of how a level swings, and is known; so it is taken out.
 * Where no backlog holds the load down (a breaker that stays open) the same is asked of its goodput.
 */
function staysPut(series: LoadSeries, setting: LoadSetting, parts: Parts, beyond: number): boolean {
  if (setting.observeMs < longWatchMsOf(setting)) return false;
  const span = lastWindows(parts);
  const ahead = watchesAhead * (parts.watch.to - parts.watch.from);
  if (beyond <= 0) {
    const goodput = goodputOf(series, span);
    const missing = good.share * (1 - setting.failureRate) - meanOf(goodput);
    const rise = driftOf(goodput);
    return rise !== null && rise.high * ahead < missing;
  }
  const backlog = backlogOf(series).slice(span.from, span.to);
  const drift = driftOf(without(comingBefore(series, setting, span), backlog));
  const pace = beyond / ahead;
  return drift !== null && drift.low >= -pace && Math.abs(drift.mean) <= pace;
}

/** Jobs offered in the time in which one is attempted, up to the end of each window. */
function comingBefore(
  { columns, windowMs }: LoadSeries,
  setting: LoadSetting,
  span: Span,
): number[] {
  const windows = Math.max(1, Math.ceil((setting.attempts * setting.timeoutMs) / windowMs));
  return Array.from({ length: span.to - span.from }, (_, index) => {
    const to = span.from + index + 1;
    return sumOver(columns.offered, { from: Math.max(0, to - windows), to });
  });
}

/** By how many messages the backlog is longer than what is answered in time; a mean of the last eighth. */
function beyondOf(series: LoadSeries, setting: LoadSetting, parts: Parts): number {
  const { from, to } = lastWindows(parts);
  const last = Math.max(1, Math.floor((to - from) / trendBlocks));
  return meanOf(backlogOf(series).slice(to - last, to)) - answeredInTime(setting);
}

/** Share of the offered jobs that succeeded, window by window. */
function goodputOf({ columns }: LoadSeries, { from, to }: Span): number[] {
  return columns.succeeded
    .slice(from, to)
    .map((jobs, index) => jobs / Math.max(1, columns.offered[from + index] ?? 0));
}

/**
 * Whether the offered rate is what it was to be, within 5 % and three standard deviations of a Poisson count. In a closed
 * loop there is no rate to be back at.
 */
function isRateBack({ columns, windowMs }: LoadSeries, setting: LoadSetting, span: Span): boolean {
  if (setting.closedCallers !== null) return true;
  let scheduled = 0;
  for (let window = span.from; window < span.to; window += 1) {
    scheduled += (offeredAt(setting, (window + 0.5) * windowMs) * windowMs) / 1000;
  }
  const offered = sumOver(columns.offered, span);
  return Math.abs(offered - scheduled) <= 0.05 * scheduled + 3 * Math.sqrt(scheduled);
}

/** What counts as good: three seconds at T = 500 ms. */
const good = { windows: 3, share: 0.95, leastOfEach: 0.5 };

/** @returns the first of three windows in a row that are good together, and from which on it stayed good */
function firstWindowOfGood(
  { columns }: LoadSeries,
  setting: LoadSetting,
  { from, to }: Span,
): number | null {
  const best = 1 - setting.failureRate;
  const isGood = (span: Span, share: number): boolean =>
    sumOver(columns.succeeded, span) >= share * best * sumOver(columns.offered, span);
  for (let first = from; first + good.windows <= to; first += 1) {
    const together = { from: first, to: first + good.windows };
    const each = [0, 1, 2].map((index) => ({ from: first + index, to: first + index + 1 }));
    if (
      isGood(together, good.share) &&
      each.every((window) => isGood(window, good.leastOfEach)) &&
      isGood({ from: first, to }, good.share)
    ) {
      return first;
    }
  }
  return null;
}

function perSecond(trend: Trend | null, windowMs: number): Trend | null {
  if (trend === null) return null;
  const by = (value: number): number => (1000 * value) / windowMs;
  return { mean: by(trend.mean), low: by(trend.low), high: by(trend.high) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
