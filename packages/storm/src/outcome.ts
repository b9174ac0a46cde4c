/**
 * What a load came to: a word, and the numbers beside it. One function for measured and simulated
 * loads. It looks at whole windows only (windows.ts) and at counts, never at what a program thinks of itself.
 */
import { loadMsOf, type LoadSetting } from '@lab/contract';

import { backlogOf } from './backlog.ts';
import type { LoadOutcome } from './result.ts';
import type { LoadSeries } from './series.ts';
import { partsOf, sumOver, type Span } from './windows.ts';
import { wordOf } from './word.ts';

/**
 * The word (word.ts), and the numbers beside it. The recovery time is the beginning of the first of the windows that stayed
 * good, and nought where that lies before the removal: the window that contains it was good already. Without a trigger, the
 * watch begins where one would have ended.
 * @param setting as it was watched: `observeMs` is how long
 */
export function outcomeOf(series: LoadSeries, setting: LoadSetting): LoadOutcome {
  const { columns, windowMs } = series;
  const parts = partsOf(series, setting);
  const { baseline, lastThird, whole, removedAtMs } = parts;
  const perOffered = (column: readonly number[], span: Span): number =>
    ratio(sumOver(column, span), sumOver(columns.offered, span));

  const { verdict, goodFrom, slopePerS, backMs } = wordOf(series, setting);
  return {
    verdict,
    recoveryMs: goodFrom === null ? null : Math.max(0, goodFrom * windowMs - removedAtMs),
    slopePerS,
    backMs,
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
    backlogEnd: backlogOf(series).at(-1) ?? 0,
  };
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
