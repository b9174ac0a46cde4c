/**
 * What a load came to: stuck, recovered or neither, and the numbers beside it. One function for measured and simulated
 * loads. It looks at whole windows only (windows.ts) and at counts, never at what a program thinks of itself.
 */
import { loadMsOf, type LoadSetting } from '@lab/contract';
import { offeredAt } from '@lab/workload';

import type { LoadOutcome, LoadVerdict } from './result.ts';
import type { LoadSeries } from './series.ts';
import { partsOf, sumOver, type Parts, type Span } from './windows.ts';

/**
 * The verdict, in this order:
 *
 * - `stuck`: in the last third of the watch fewer than half of the offered jobs succeeded, and the offered rate is what
 *   it was to be within 5 %. An offered count is a Poisson count: three of its standard deviations are allowed for on
 *   top of the 5 %, so that a verdict does not hang on the draw of the arrivals. In a closed loop there is no rate to
 *   be back at.
 * - `recovered`: over some three windows in a row after the trigger was confirmed removed, 0.95 of the offered jobs
 *   succeeded, and half of them in each of the three. The 0.95 is asked of the three together, because a window has
 *   some 140 jobs: a healthy one is below 0.95 by chance every few windows. The recovery time is the beginning of the
 *   first of the three, and nought where that lies before the removal: the window that contains it was good already.
 * - `censored`: neither; it would have taken longer than was watched.
 *
 * Where requests fail at random (`failureRate`), a policy that never retries cannot do better than 1 - failureRate, and
 * both bounds are in parts of that. Without a trigger, the watch begins where one would have ended.
 */
export function outcomeOf(series: LoadSeries, setting: LoadSetting): LoadOutcome {
  const { columns, windowMs } = series;
  const parts = partsOf(series, setting);
  const { baseline, lastThird, whole, watch, removedAtMs } = parts;
  const perOffered = (column: readonly number[], span: Span): number =>
    ratio(sumOver(column, span), sumOver(columns.offered, span));

  const stuck = isStuck(series, setting, parts);
  const recoveredIn = stuck ? undefined : firstGoodWindow(series, setting, watch);
  const verdict: LoadVerdict = stuck
    ? 'stuck'
    : recoveredIn === undefined
      ? 'censored'
      : 'recovered';
  return {
    verdict,
    recoveryMs:
      recoveredIn === undefined ? null : Math.max(0, recoveredIn * windowMs - removedAtMs),
    watchedMs: loadMsOf(setting) - removedAtMs,
    goodputBefore: perOffered(columns.succeeded, baseline),
    goodputAfter: perOffered(columns.succeeded, lastThird),
    amplificationBefore: perOffered(columns.reached, baseline),
    amplificationAfter: perOffered(columns.reached, lastThird),
    amplificationPeak: peakOf(series, whole),
    sentAfter: perOffered(columns.sent, lastThird),
    offered: total(columns.offered),
    succeeded: total(columns.succeeded),
    failed: total(columns.failed),
    refused: total(columns.refused),
    retriesRefused: total(columns.retriesRefused),
    depthPeak: Math.max(0, ...columns.depth),
    depthEnd: columns.depth.at(-1) ?? 0,
  };
}

/** Windows in a row that must be good before a load counts as recovered: three seconds at T = 500 ms. */
const goodWindows = 3;

function isStuck({ columns, windowMs }: LoadSeries, setting: LoadSetting, parts: Parts): boolean {
  const { lastThird } = parts;
  const offered = sumOver(columns.offered, lastThird);
  if (offered === 0) return false;
  const goodput = sumOver(columns.succeeded, lastThird) / offered;
  return (
    goodput < 0.5 * (1 - setting.failureRate) &&
    isRateBack(offered, scheduledIn(setting, windowMs, lastThird), setting)
  );
}

function isRateBack(offered: number, scheduled: number, setting: LoadSetting): boolean {
  if (setting.closedCallers !== null) return true;
  return Math.abs(offered - scheduled) <= 0.05 * scheduled + 3 * Math.sqrt(scheduled);
}

/** Jobs that the rate makes one expect in these windows. */
function scheduledIn(setting: LoadSetting, windowMs: number, { from, to }: Span): number {
  let jobs = 0;
  for (let window = from; window < to; window += 1) {
    jobs += (offeredAt(setting, (window + 0.5) * windowMs) * windowMs) / 1000;
  }
  return jobs;
}

/** @returns the first of `goodWindows` windows in a row that are good together */
function firstGoodWindow(
  { columns }: LoadSeries,
  setting: LoadSetting,
  { from, to }: Span,
): number | undefined {
  const best = 1 - setting.failureRate;
  const isGood = (span: Span, share: number): boolean =>
    sumOver(columns.succeeded, span) >= share * best * sumOver(columns.offered, span);
  for (let first = from; first + goodWindows <= to; first += 1) {
    const together = { from: first, to: first + goodWindows };
    const each = [0, 1, 2].map((index) => ({ from: first + index, to: first + index + 1 }));
    if (isGood(together, 0.95) && each.every((window) => isGood(window, 0.5))) return first;
  }
  return undefined;
}

/**
 * The highest window's attempts by its offered jobs, or by those of a mean window where it has fewer: a window in which
 * few jobs happened to come is no peak of attempts.
 */
function peakOf({ columns }: LoadSeries, whole: Span): number {
  const mean = ratio(sumOver(columns.offered, whole), whole.to - whole.from);
  let peak = 0;
  for (let window = whole.from; window < whole.to; window += 1) {
    const reached = columns.reached[window] ?? 0;
    peak = Math.max(peak, ratio(reached, Math.max(mean, columns.offered[window] ?? 0)));
  }
  return peak;
}

function total(column: readonly number[]): number {
  return sumOver(column, { from: 0, to: column.length });
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
