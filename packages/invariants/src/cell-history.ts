/**
 * One cell's share of a history, what a checker is given, and what a checker is. Checkers are pure
 * functions of a cell and a snapshot; they open nothing, and read every event a bounded number of times.
 */
import type {
  CellSpec,
  Finding,
  History,
  HistoryEvent,
  InvariantId,
  Snapshot,
} from '@lab/contract';

/** One cell's events plus its spec. */
export interface CellHistory {
  readonly spec: CellSpec;
  /** Only this cell's events, in the order of the merged history. */
  readonly events: History;
}

export interface Checker {
  readonly id: InvariantId;
  /** Judges the state the snapshot shows, with the events of the cell as evidence. */
  check(cell: CellHistory, snapshot: Snapshot): Finding;
}

/**
 * Splits a merged history into its cells, in the order in which they began. Cells may have run side by
 * side; events that belong to no started cell (those of the whole run) are left out.
 */
export function splitCells(history: History): CellHistory[] {
  const cells = new Map<string, { spec: CellSpec; events: HistoryEvent[] }>();
  for (const event of history) {
    if (event.kind === 'cell' && event.phase === 'start') {
      cells.set(event.cell, { spec: event.spec, events: [] });
    }
  }
  // Cells run side by side, but events of one come in runs: looking its cell up once a run is enough.
  let name: string | undefined;
  let events: HistoryEvent[] | undefined;
  for (const event of history) {
    if (event.cell !== name) {
      name = event.cell;
      events = cells.get(name)?.events;
    }
    events?.push(event);
  }
  return [...cells.values()];
}
