/**
 * INV_011 for a load: what is offered is answered again within T (`livenessLimitMs`) after the last fault healed. Again
 * means 0.95 of what is offered in some three windows in a row, and half in each of the three (a window alone has so few
 * jobs that a healthy one is below 0.95 now and then), and 0.95 of all that is offered from there to the end.
 *
 * Where there was no fault the clock starts when one would have ended; where recovery was run, when its last run ended.
 * Unknown when the load was not watched for T and had not come back by then.
 */
import type { Finding } from '@lab/contract';

import { findingOf, unknown } from './finding.ts';
import { seqsOf, sumOf, windowsWithin, type LoadEvidence, type Stretch } from './load-evidence.ts';

/** Share of offered jobs that must be answered in time. */
const goodShare = 0.95;
const windowsInARow = 3;
const leastOfEach = 0.5;

export function loadMakesProgress(
  evidence: LoadEvidence,
  stretch: Stretch,
  livenessLimitMs: number,
): Finding {
  const { series } = evidence.measured;
  const { fromMs, toMs } = stretch;
  const first = Math.floor(fromMs / series.windowMs); // the window in which the clock starts may be good already
  const { last } = windowsWithin(evidence, stretch);
  const jobs = sumOf(series.columns.offered, first, last);
  if (last - first + 1 < windowsInARow || jobs === 0) {
    return unknown('INV_011', 'too few windows with jobs after the trigger to tell');
  }
  const back = firstGoodWindow(evidence, first, last);
  const limitMs = fromMs + livenessLimitMs;
  const wanted = `wanted: ${goodShare} in three windows in a row within ${livenessLimitMs} ms`;
  if (back === null && toMs < limitMs) {
    return unknown(
      'INV_011',
      `not back after ${Math.round(toMs - fromMs)} ms, which is less than the limit of ${livenessLimitMs} ms`,
    );
  }
  const violation = (from: number, story: string): Finding =>
    findingOf(
      'INV_011',
      jobs,
      [{ key: 'requests', seqs: seqsOf(evidence, from, last), story: `requests: ${story}` }],
      'no job was offered',
    );
  if (back === null) {
    return violation(
      first,
      `${answered(evidence, first, last)} after the trigger was gone; ${wanted}`,
    );
  }
  const backMs = Math.max(0, back * series.windowMs - fromMs);
  if (backMs > livenessLimitMs) {
    return violation(first, `back only ${Math.round(backMs)} ms after the trigger; ${wanted}`);
  }
  if (shareOf(evidence, back, last) < goodShare) {
    return violation(back, `back once, but not for good: ${answered(evidence, back, last)}`);
  }
  return findingOf(
    'INV_011',
    jobs,
    [],
    'no job was offered',
    `back ${Math.round(backMs)} ms after the clock started`,
  );
}

function firstGoodWindow(evidence: LoadEvidence, from: number, last: number): number | null {
  for (let first = from; first + windowsInARow - 1 <= last; first += 1) {
    const end = first + windowsInARow - 1;
    const together = shareOf(evidence, first, end) >= goodShare;
    const each = [0, 1, 2].every((n) => shareOf(evidence, first + n, first + n) >= leastOfEach);
    if (together && each) return first;
  }
  return null;
}

/** Share of the offered jobs that was answered in time in these windows; a window without jobs has nothing to answer. */
function shareOf({ measured }: LoadEvidence, first: number, last: number): number {
  const { offered, succeeded } = measured.series.columns;
  const jobs = sumOf(offered, first, last);
  return jobs === 0 ? 1 : sumOf(succeeded, first, last) / jobs;
}

function answered({ measured }: LoadEvidence, first: number, last: number): string {
  const { offered, succeeded } = measured.series.columns;
  const windows = `windows ${first} to ${last}`;
  return `${sumOf(succeeded, first, last)} of ${sumOf(offered, first, last)} jobs answered in ${windows}`;
}
