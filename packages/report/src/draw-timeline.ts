/** A witness as text: one row an event, milliseconds at the left, the event that broke the invariant marked. */
import { invariantStatements } from '@lab/contract';

import type { Ink, Pen } from './pen.ts';
import { pad, wrap } from './text.ts';
import type { TimelineRow, WitnessTimeline } from './witness-timeline.ts';

export function drawTimeline(
  { cell, invariant, witness, rows, breaks }: WitnessTimeline,
  pen: Pen,
): string[] {
  const start = rows[0]?.t ?? 0;
  return [
    `  ${pen.strong('Witness')}  ${pen.strong(witness.key)} in ${cell}`,
    ...wrap(`${invariant}: ${invariantStatements[invariant]}`, pen.width - 4).map(
      (line) => `  ${line}`,
    ),
    '',
    ...rows.map((row) => drawRow(row, row.t - start, row === breaks, pen)),
  ];
}

const peers = 9;

function drawRow(row: TimelineRow, ms: number, breaks: boolean, pen: Pen): string {
  const time = pen.quiet(`${ms.toFixed(1).padStart(10)} ms`);
  const note = row.note === '' ? '' : `  ${row.note}`;
  if (row.kind === 'fault') {
    return `${time}  ${pen.fault(`${pen.heavyRule.repeat(3)} ${row.what}`)}${note}`;
  }
  if (row.kind === 'count') return `${time}  ${row.what}${note}`;
  const mark = breaks ? `  ${pen.alarm(`${pen.mark} here`)}` : '';
  if (row.kind === 'state') {
    return `${time}  ${pen.strong(`final state: ${row.what}${note}`)}${mark}`;
  }

  const [arrow, ink, word] = passageOf(row, pen);
  const path = `${row.from.padStart(peers)} ${arrow} ${pad(row.to, peers)}`;
  const text = `${path}  ${row.what}${word}${note}`;
  return `${time}  ${ink(text)}${mark}`;
}

function passageOf({ passage }: TimelineRow, pen: Pen): [arrow: string, ink: Ink, word: string] {
  const shapes = {
    crossed: [pen.arrow, (text: string) => text, ''],
    held: [pen.stopped, pen.fault, ' HELD'],
    lost: [pen.lost, pen.fault, ' LOST'],
  } as const;
  const [arrow, ink, word] = shapes[passage];
  return [arrow, ink, word];
}
