/** What is said the moment a cell ends: one line, and the reasons below it when it is not as expected. */
import type { Judgement } from '@lab/invariants';

import { penOf } from './pen.ts';
import type { Style } from './style.ts';
import { allVisible, duration, pad } from './text.ts';
import { evidenceWords, foundGroups, invariantList, outcomeWord } from './words.ts';

/** One append-only line without a newline at its end; reasons, if any, on lines of their own. */
export function renderCellLine(judgement: Judgement, style: Style): string {
  const pen = penOf(style);
  const cell = allVisible(judgement);
  const { glyph, ink } = {
    'as expected': { glyph: pen.holds, ink: pen.good },
    contrary: { glyph: pen.violated, ink: pen.alarm },
    inconclusive: { glyph: pen.unknown, ink: pen.doubt },
  }[cell.conclusion];
  const [found] = foundGroups(cell.findings);
  const findings =
    found === undefined
      ? 'nothing judged'
      : `${invariantList(found.invariants)} ${found.state}, ${found.standing}`;
  const line = [
    ink(pad(`${glyph} ${outcomeWord(cell)}`, 18 + pen.holds.length)),
    pad(cell.spec.id, 34),
    pad(duration(cell.tookMs).padStart(7), 8),
    pen.quiet([findings, ...evidenceWords(cell)].join(` ${pen.dot} `)),
  ].join(' ');
  return [line, ...cell.reasons.map((reason) => `    ${ink(reason)}`)].join('\n');
}
