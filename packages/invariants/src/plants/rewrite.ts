/** A cell with some of its events changed, taken out or put in: above the record's counts, which go along. */
import type { History, HistoryEvent, LedgerEntry, Snapshot } from '@lab/contract';

import type { CellHistory } from '../cell-history.ts';

/** @param change what stands where the event stood */
export function rewrite(
  cell: CellHistory,
  change: (event: HistoryEvent) => readonly HistoryEvent[],
): CellHistory {
  const changed = cell.events.flatMap(change);
  const lines = { before: linesBySource(cell.events), after: linesBySource(changed) };
  const numberAnew = changed.length > cell.events.length;
  const first = cell.events[0]?.seq ?? 0;
  const events = changed.map((event, index): HistoryEvent => {
    const seq = numberAnew ? first + index : event.seq;
    if (event.kind !== 'record') return seq === event.seq ? event : { ...event, seq };
    const more = (lines.after.get(event.of) ?? 0) - (lines.before.get(event.of) ?? 0);
    return { ...event, seq, lines: event.lines + more };
  });
  return { spec: cell.spec, events };
}

function linesBySource(events: History): Map<string, number> {
  const lines = new Map<string, number>();
  for (const { source } of events) lines.set(source, (lines.get(source) ?? 0) + 1);
  return lines;
}

/** A snapshot's event with another state in it; any other event as it is. */
export function withState(
  event: HistoryEvent,
  change: (snapshot: Snapshot) => Partial<Snapshot>,
): HistoryEvent {
  if (event.kind !== 'snapshot') return event;
  return { ...event, snapshot: { ...event.snapshot, ...change(event.snapshot) } };
}

/** A frame that carries this entry, with another one in its place; frames that name no entries stay as they are. */
export function withEntry(event: HistoryEvent, entry: LedgerEntry): HistoryEvent {
  if (event.kind !== 'wire' || event.entries === undefined) return event;
  return { ...event, entries: [entry] };
}
