/** For tests of the books: a history with something changed, and the lines counted again, so that only a book can tell. */
import type { HistoryEvent } from '@lab/contract';

import { mergeCells, type CellScript } from '../history-script.ts';
import { judgeCell, splitCells, type Judgement } from '../index.ts';

type Change = (event: HistoryEvent) => HistoryEvent | readonly HistoryEvent[] | null;

/** @param change what becomes of each line: itself, nothing, or several lines at the same moment */
export function judgeChanged(script: CellScript, change: Change = (event) => event): Judgement {
  const changed = mergeCells([script]).flatMap((event) => change(event) ?? []);
  const [cell] = splitCells(recounted(changed));
  if (cell === undefined) throw new Error('no cell');
  return judgeCell(cell);
}

/** What the books say, `book: sentence`. */
export function told(script: CellScript, change?: Change): string[] {
  return judgeChanged(script, change).breaches.map(({ book, says }) => `${book}: ${says}`);
}

/** The lines numbered and counted again, each cell's by itself. */
export function recounted(events: readonly HistoryEvent[]): HistoryEvent[] {
  const lines = new Map<string, number>();
  return events.map((event, seq) => {
    const own = sourceOf(event.cell, event.source);
    const before = lines.get(own) ?? 0;
    lines.set(own, before + 1);
    if (event.kind !== 'record') return { ...event, seq };
    const counted = lines.get(sourceOf(event.cell, event.of)) ?? 0;
    return { ...event, seq, lines: event.of === 'lab' ? before : counted };
  });
}

function sourceOf(cell: string, source: string): string {
  return `${cell} ${source}`;
}
