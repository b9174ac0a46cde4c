/**
 * What a load's history shows, window by window, and the stretches of it that are judged: from the heal of the trigger
 * to the end, or, where recovery was run while the load went on, before it and after it.
 */
import { loadMsOf, loadQueues, type LoadSetting } from '@lab/contract';
import { readLoad, UnreadableLoad, type MeasuredLoad } from '@lab/storm';

import type { CellHistory } from './cell-history.ts';
import { evidenceOf } from './evidence.ts';

export interface LoadEvidence {
  /** As it was watched. */
  readonly setting: LoadSetting;
  readonly measured: MeasuredLoad;
  /** Event numbers of the lines in which each window's jobs and attempts were counted. */
  readonly seqsOfWindow: ReadonlyMap<number, readonly number[]>;
  /** Event numbers of the triggers as they were confirmed on. */
  readonly faultSeqs: readonly number[];
  /** From the heal to the end of the load; where recovery was run, from the end of its last run. */
  readonly after: Stretch;
  /** Only where recovery was run: from the heal to when it began. */
  readonly before: Stretch | null;
}

/** Ms since the load's start. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** @returns why there is nothing to read, where there is not */
export function loadEvidenceOf(cell: CellHistory): LoadEvidence | { readonly unreadable: string } {
  const setting = cell.spec.load;
  if (setting === undefined) return { unreadable: 'the cell is not a load' };
  let measured: MeasuredLoad;
  try {
    measured = readLoad(cell.events, setting);
  } catch (error) {
    if (error instanceof UnreadableLoad) return { unreadable: error.message };
    throw error;
  }
  return {
    setting: measured.setting,
    measured,
    seqsOfWindow: seqsOfWindows(cell),
    faultSeqs: evidenceOf(cell).faults.flatMap(({ phase, seq }) => (phase === 'on' ? [seq] : [])),
    ...stretches(cell, measured),
  };
}

function seqsOfWindows(cell: CellHistory): Map<number, number[]> {
  const seqs = new Map<number, number[]>();
  for (const event of cell.events) {
    if (event.kind !== 'load') continue;
    const counted =
      event.counts.offered !== undefined ||
      (event.queue === loadQueues.requests && event.counts.reached !== undefined);
    if (!counted) continue;
    const known = seqs.get(event.window);
    if (known === undefined) seqs.set(event.window, [event.seq]);
    else known.push(event.seq);
  }
  return seqs;
}

function stretches(
  cell: CellHistory,
  { setting, startedAt, trigger }: MeasuredLoad,
): Pick<LoadEvidence, 'after' | 'before'> {
  const healedMs = trigger.offMs ?? setting.warmUpMs + setting.triggerMs;
  const toMs = loadMsOf(setting);
  const began = cell.events.find((event) => event.kind === 'phase' && event.name === 'recover');
  const ended = evidenceOf(cell).recoveries.at(-1);
  if (began === undefined || ended === undefined) {
    return { after: { fromMs: healedMs, toMs }, before: null };
  }
  return {
    before: { fromMs: healedMs, toMs: began.t - startedAt },
    after: { fromMs: ended.t - startedAt, toMs },
  };
}

/** The windows that lie wholly within a stretch, first and last included; empty when `first > last`. */
export function windowsWithin(
  { measured }: LoadEvidence,
  { fromMs, toMs }: Stretch,
): { readonly first: number; readonly last: number } {
  const { windowMs, columns } = measured.series;
  const last = Math.min(columns.offered.length, Math.floor(toMs / windowMs + rounding)) - 1;
  return { first: Math.ceil(fromMs / windowMs - rounding), last };
}

/** Windows' borders are sums of milliseconds and may miss one another by a rounding error. */
const rounding = 1e-6;

/** @returns what proves what happened in these windows: the triggers and the windows' lines, in order */
export function seqsOf(
  { seqsOfWindow, faultSeqs }: LoadEvidence,
  first: number,
  last: number,
): number[] {
  const seqs = [...faultSeqs];
  for (let window = first; window <= last; window += 1) {
    seqs.push(...(seqsOfWindow.get(window) ?? []));
  }
  return seqs.toSorted((a, b) => a - b);
}

/** @returns the sum of a column over these windows, both included */
export function sumOf(column: readonly number[], first: number, last: number): number {
  return column.slice(Math.max(0, first), last + 1).reduce((sum, value) => sum + value, 0);
}
