/** What is said the moment a cell ends: one line, and the reasons below it when it is not as expected. */
import type { Judgement } from '@lab/invariants';

import { penOf, type Pen } from './pen.ts';
import type { Style } from './style.ts';
import { allVisible, duration, pad, widthOf } from './text.ts';
import { evidenceWords, firstReasons, foundGroups, namesOf, outcomeWord } from './words.ts';

/** One append-only line without a newline at its end; reasons, if any, on lines of their own. */
export function renderCellLine(judgement: Judgement, style: Style): string {
  const pen = penOf(style);
  const cell = allVisible(judgement);
  const { glyph, ink } = {
    'as expected': { glyph: pen.holds, ink: pen.good },
    contrary: { glyph: pen.wrong, ink: pen.alarm },
    inconclusive: { glyph: pen.unknown, ink: pen.doubt },
  }[cell.conclusion];
  const { mark, rest } = columnsOf(`${glyph} ${outcomeWord(cell)}`, cell, pen);
  const room = style.width - widthOf(`${mark} ${rest}  `);
  const [, ...counts] = evidenceWords(cell); // how many jobs is the same in all cells
  const told = fitting([findingWords(cell), ...counts], ` ${pen.dot} `, room);
  const line = `${ink(mark)} ${rest}${told === '' ? '' : `  ${pen.quiet(told)}`}`;
  return withReasons(line, cell, (reason) => ink(`${glyph} ${reason}`));
}

/** Of a run that counts for nothing, because the machine disturbed it and its cell is run again. */
export function renderDiscardedLine(judgement: Judgement, style: Style): string {
  const pen = penOf(style);
  const cell = allVisible(judgement);
  const { mark, rest } = columnsOf(`${pen.unknown} DISTURBED`, cell, pen);
  const line = `${pen.doubt(mark)} ${rest}  ${pen.quiet('is run again')}`;
  return withReasons(line, cell, (reason) => pen.doubt(`${pen.unknown} ${reason}`));
}

function columnsOf(word: string, { spec, tookMs }: Judgement, pen: Pen) {
  return {
    mark: pad(word, 15 + pen.wrong.length),
    rest: `${pad(spec.id, 34)} ${duration(tookMs).padStart(7)}`,
  };
}

function withReasons(line: string, { reasons }: Judgement, draw: (reason: string) => string) {
  return [line, ...firstReasons(reasons).map((reason) => `    ${draw(reason)}`)].join('\n');
}

/** As many of the items as have room, first things first. */
function fitting(items: readonly string[], separator: string, room: number): string {
  let line = '';
  for (const item of items) {
    const longer = line === '' ? item : `${line}${separator}${item}`;
    if (widthOf(longer) > room) break;
    line = longer;
  }
  return line;
}

/** The loudest of its findings; what was expected needs no mention where it came. */
function findingWords({ findings }: Judgement): string {
  const [found] = foundGroups(findings);
  if (found === undefined) return 'nothing judged';
  const state = found.state === 'holds' && found.invariants.length > 1 ? 'hold' : found.state;
  const words = `${namesOf(found, findings.length)} ${state}`;
  return found.conclusion === 'as expected' ? words : `${words}, ${found.standing}`;
}
