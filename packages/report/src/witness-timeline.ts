/**
 * The events of one witness as rows of a timeline: who spoke to whom, what became of the frame, and when.
 * Data for any renderer; picks out of the history only what the witness names.
 */
import type { History, HistoryEvent, InvariantId, Witness } from '@lab/contract';
import type { Judgement } from '@lab/invariants';

import { allVisible } from './text.ts';

export interface TimelineRow {
  readonly seq: number;
  /** Ms since the run began. */
  readonly t: number;
  /** `count` is one window of a load. */
  readonly kind: 'frame' | 'fault' | 'state' | 'count';
  readonly from: string;
  readonly to: string;
  readonly passage: 'crossed' | 'held' | 'lost';
  /** What is said: `publish`, `ack`, `effect applied` … */
  readonly what: string;
  /** A remark: `2nd effect`, `redelivered`. */
  readonly note: string;
  /** Of an answer that an effect was applied: which one it is, counted from 1. */
  readonly effects?: number;
}

export interface WitnessTimeline {
  readonly cell: string;
  readonly invariant: InvariantId;
  readonly witness: Witness;
  readonly rows: readonly TimelineRow[];
  /** The row that completes the violation: a frame, or the final state where no frame shows it. */
  readonly breaks: TimelineRow | undefined;
}

/** The first witness of the first violation among these cells; null when nothing was violated. */
export function timelineOf(cells: readonly Judgement[], history: History): WitnessTimeline | null {
  for (const { spec, findings } of cells) {
    for (const { invariant, finding, before } of findings) {
      const violated = [finding, before].find((candidate) => candidate?.state === 'violated');
      const witness = violated?.state === 'violated' ? violated.witnesses[0] : undefined;
      if (witness === undefined) continue;
      const events = allVisible(eventsOf(witness, spec.id, history));
      const rows = rowsOf(events, witness.key);
      return { cell: spec.id, invariant, witness, rows, breaks: completing(invariant, rows) };
    }
  }
  return null;
}

/** What the witness names, and the whole life of the faults among it: asked for, confirmed, healed. */
function eventsOf({ seqs }: Witness, cell: string, history: History): History {
  const named = new Set(seqs);
  const faults = new Set(
    history.flatMap((event) => (event.kind === 'fault' && named.has(event.seq) ? [event.id] : [])),
  );
  return history.filter(
    (event) =>
      named.has(event.seq) ||
      (event.kind === 'fault' &&
        event.cell === cell &&
        (event.phase === 'requested' || event.phase === 'off') &&
        faults.has(event.id)),
  );
}

/** Witnesses end with what broke the invariant; an effect that no tap saw shows in the ledger alone. */
function completing(invariant: InvariantId, rows: readonly TimelineRow[]): TimelineRow | undefined {
  const last = rows.findLast(({ kind }) => kind === 'frame');
  const unseen = invariant === 'INV_001' && last?.what !== 'effect' && (last?.effects ?? 0) < 2;
  return unseen ? rows.findLast(({ kind }) => kind === 'state') : last;
}

/** An answer that is held was given when it reached the tap: there it counts, and not again when it is let go. */
function rowsOf(events: History, key: string): TimelineRow[] {
  let effects = 0;
  const held = new Map<string, number>();
  return events.flatMap((event): TimelineRow[] => {
    let nth = 0;
    if (event.kind === 'wire' && event.means === 'effect-applied') {
      const lane = `${event.link} ${event.connection}`;
      const before = held.get(lane);
      nth = before ?? (effects += 1);
      if (event.passage === 'held') held.set(lane, nth);
      else held.delete(lane);
    }
    const row = rowOf(event, key, nth);
    return row === null ? [] : [row];
  });
}

/** @param effects which effect the store answers with this frame, counted from 1; 0: none */
function rowOf(event: HistoryEvent, key: string, effects: number): TimelineRow | null {
  const { seq, t } = event;
  if (event.kind === 'fault') {
    const { what, note } = faultWords(event);
    return { seq, t, kind: 'fault', from: '', to: '', passage: 'crossed', what, note };
  }
  if (event.kind === 'snapshot') {
    const { ledger, dead } = event.snapshot;
    const found = ledger.filter((entry) => entry.key === key && entry.kind === 'effect').length;
    const what = `${found} effect${found === 1 ? '' : 's'} of ${key} in the ledger`;
    const note = dead.includes(key) ? 'and dead-lettered' : '';
    return { seq, t, kind: 'state', from: '', to: '', passage: 'crossed', what, note };
  }
  if (event.kind === 'wait') {
    const what = `"${event.condition}" ${event.outcome}`;
    return { seq, t, kind: 'state', from: '', to: '', passage: 'crossed', what, note: '' };
  }
  if (event.kind === 'load') {
    const what = `window ${event.window} of ${event.queue}`;
    return {
      seq,
      t,
      kind: 'count',
      from: '',
      to: '',
      passage: 'crossed',
      what,
      note: countWords(event),
    };
  }
  if (event.kind !== 'wire') return null;
  const [client = event.link, server = ''] = event.link.split('>');
  const [from, to] = event.direction === 'up' ? [client, server] : [server, client];
  const what =
    event.means === 'settle' && event.protocol === 'amqp' ? 'ack' : (event.means ?? event.frame);
  return {
    seq,
    t,
    kind: 'frame',
    from,
    to,
    passage: event.passage,
    what: what.replaceAll('-', ' '),
    ...(effects > 0 ? { effects } : {}),
    note: [
      ...(event.redelivered === true ? ['redelivered'] : []),
      ...(effects > 0 ? [`${ordinal(effects)} effect`] : []),
    ].join(', '),
  };
}

/** What decides over a window of a load: jobs offered and answered, attempts that reached the queue. */
function countWords({ counts }: Extract<HistoryEvent, { kind: 'load' }>): string {
  const told = [
    ['offered', counts.offered],
    ['succeeded', counts.offered === undefined ? counts.succeeded : (counts.succeeded ?? 0)],
    ['attempts', counts.reached],
  ] as const;
  return told.flatMap(([name, n]) => (n === undefined ? [] : [`${n} ${name}`])).join(', ');
}

/** The broker may answer a fault before it is read back, so the two moments stand apart. */
function faultWords({ phase, label, applied }: Extract<HistoryEvent, { kind: 'fault' }>): {
  what: string;
  note: string;
} {
  switch (phase) {
    case 'requested':
      return { what: `FAULT ${label}`, note: '' };
    case 'on':
      return { what: 'CONFIRMED', note: applied ?? label };
    case 'healing':
      return { what: `HEALING ${label}`, note: '' };
    case 'off':
      return { what: `HEALED ${label}`, note: '' };
    case 'not-healed':
      return { what: `NOT HEALED ${label}`, note: '' };
  }
}

function ordinal(n: number): string {
  return { 1: '1st', 2: '2nd', 3: '3rd' }[n] ?? `${n}th`;
}
