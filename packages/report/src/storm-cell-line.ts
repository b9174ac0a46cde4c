/** A cell of the storm in one line: measured, then law and model, then why it does not count if it does not. */
import type { LoadOutcome, StormCell } from '@lab/storm';

import { penOf, type Pen } from './pen.ts';
import type { Style } from './style.ts';
import { pad } from './text.ts';

export function renderStormCellLine(cell: StormCell, style: Style): string {
  const pen = penOf(style);
  const { id, measured, ending, law, model } = cell;
  if (measured === null) return `${pen.alarm('NOT MEASURED')}  ${id}: ${ending}`;
  const predicted = [
    law.verdict === null ? null : `law ${law.verdict}${law.nearEdge ? ' (near the edge)' : ''}`,
    `model ${outcomeWords(model)}`,
  ].filter((part) => part !== null);
  const words = `${pad(id, 36)} ${pad(outcomeWords(measured), 26)} ${pen.quiet(predicted.join(', '))}`;
  const mark = cell.agrees === false ? ` ${pen.doubt('DISAGREES')}` : '';
  return `${words}${mark}${doubtWords(cell, pen)}`;
}

function outcomeWords({
  verdict,
  recoveryMs,
  backMs,
  watchedMs,
  amplificationAfter,
}: LoadOutcome): string {
  const times = `${amplificationAfter.toFixed(2)}x`;
  if (recoveryMs !== null) return `recovered ${times} in ${secondsOf(recoveryMs)} s`;
  if (backMs !== null) {
    return `draining ${times}, back in ${secondsOf(backMs.low)} to ${secondsOf(backMs.high)} s`;
  }
  return `${verdict} ${times} after ${secondsOf(watchedMs)} s`;
}

function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function doubtWords(cell: StormCell, pen: Pen): string {
  const doubts = doubtsOf(cell);
  return doubts === null ? '' : `  ${pen.doubt('DOES NOT COUNT')}: ${doubts}`;
}

/** Why a cell does not count, where all else is on the screen already: one short line, or null. */
export function renderStormDoubt(cell: StormCell, style: Style): string | null {
  if (cell.measured === null) return renderStormCellLine(cell, style);
  const doubts = doubtsOf(cell);
  return doubts === null ? null : `${cell.id} ${penOf(style).doubt('does not count')}: ${doubts}`;
}

/** The gates that failed, each with what was found. */
function doubtsOf({ gates }: StormCell): string | null {
  const failed = gates.filter(({ passed }) => !passed);
  if (failed.length === 0) return null;
  return failed
    .map(
      ({ name, value }) => `${name} ${value === null ? 'unknown' : Number(value.toPrecision(3))}`,
    )
    .join(', ');
}
