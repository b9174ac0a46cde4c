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

function outcomeWords({ verdict, recoveryMs, amplificationAfter }: LoadOutcome): string {
  const times = `${amplificationAfter.toFixed(2)}x`;
  return recoveryMs === null || verdict !== 'recovered'
    ? `${verdict} ${times}`
    : `recovered ${times} in ${(recoveryMs / 1000).toFixed(1)} s`;
}

function doubtWords({ gates }: StormCell, pen: Pen): string {
  const failed = gates.filter(({ passed }) => !passed);
  if (failed.length === 0) return '';
  const rules = failed.map(({ rule, value }) =>
    value === null ? rule : `${rule}, not ${Number(value.toPrecision(3))}`,
  );
  return `  ${pen.doubt('DOES NOT COUNT')}: ${rules.join('; ')}`;
}
