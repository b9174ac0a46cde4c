/** What is planted in a load: a corruption of its counted series, after the trigger is gone, that leaves every balance as it is. */
import { loadQueues, type HistoryEvent, type LoadCounts } from '@lab/contract';

import type { CellHistory } from '../cell-history.ts';
import {
  loadEvidenceOf,
  windowsWithin,
  type LoadEvidence,
  type Stretch,
} from '../load-evidence.ts';
import type { Plant } from './plant.ts';
import { rewrite } from './rewrite.ts';

/** INV_011: what was answered in time was not. */
export const answersThatCameTooLate: Plant = (cell) => {
  const evidence = readable(cell);
  if (evidence === null) return null;
  return inWindows(cell, evidence, evidence.after, ({ counts }) => {
    const { succeeded } = counts;
    if (succeeded === undefined) return counts;
    return { ...counts, succeeded: 0, failed: (counts.failed ?? 0) + succeeded };
  });
};

/** INV_009, and INV_004 of a load that was recovered: more attempts than the cell allows are sent, reach the queue, are dropped there and time out. */
export const attemptsWithoutEnd: Plant = (cell) => {
  const evidence = readable(cell);
  const { workLimit } = cell.spec;
  if (evidence === null || workLimit === undefined) return null;
  const { offered } = evidence.measured.series.columns;
  const done = new Set<number>();
  return inWindows(cell, evidence, evidence.after, ({ counts, window, queue }) => {
    const counted = queue === loadQueues.requests && counts.reached !== undefined;
    if (!counted || done.has(window)) return counts;
    done.add(window);
    const more = Math.ceil(workLimit * (offered[window] ?? 0)) + 1;
    const plus = (count: number | undefined): number => (count ?? 0) + more;
    return {
      ...counts,
      sent: plus(counts.sent),
      reached: plus(counts.reached),
      dropped: plus(counts.dropped),
      timedOut: plus(counts.timedOut),
    };
  });
};

function readable(cell: CellHistory): LoadEvidence | null {
  const read = loadEvidenceOf(cell);
  return 'unreadable' in read ? null : read;
}

type Line = Extract<HistoryEvent, { kind: 'load' }>;

function inWindows(
  cell: CellHistory,
  evidence: LoadEvidence,
  stretch: Stretch,
  change: (line: Line) => LoadCounts,
): ReturnType<Plant> {
  const { first, last } = windowsWithin(evidence, stretch);
  if (last < first) return null;
  const planted = rewrite(cell, (event) => {
    if (event.kind !== 'load' || event.window < first || event.window > last) return [event];
    return [{ ...event, counts: change(event) }];
  });
  return { cell: planted, key: 'requests' };
}
