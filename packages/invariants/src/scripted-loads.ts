/** Histories of loads for tests: a simulated load, written down as the lab writes one, and changed where a test wants. */
import {
  plainLoad,
  type CellSpec,
  type EventBody,
  type HistoryEvent,
  type LoadCounts,
  type LoadSetting,
} from '@lab/contract';
import { goodMachine, historyOf, type Machine } from '@lab/storm/testing';

import type { CellHistory } from './cell-history.ts';

export const loadSetting: LoadSetting = {
  topology: 'rpc',
  transport: 'rabbitmq',
  policy: 'immediate',
  seed: 1,
  slots: 8,
  serviceMs: 40,
  capacityPerS: 200,
  offeredPerS: 140,
  timeoutMs: 500,
  attempts: 4,
  clients: 10,
  warmUpMs: 3000,
  trigger: 'stall',
  triggerMs: 2000,
  observeMs: 12_000,
  ...plainLoad,
};

export function loadSpec(changes: Partial<CellSpec> = {}): CellSpec {
  const load = changes.load ?? loadSetting;
  return {
    id: 'rabbitmq/prevent',
    transport: 'rabbitmq',
    role: 'prevent',
    guard: load.policy,
    fault: load.trigger === 'none' ? null : load.trigger,
    faultPoint: null,
    expected: { INV_009: 'holds', INV_011: 'holds' },
    guardMustAct: false,
    jobs: 1,
    seed: load.seed,
    livenessLimitMs: 9000,
    workLimit: 2,
    load,
    ...changes,
  };
}

export interface LoadChanges {
  readonly machine?: Machine;
  /** Another count for a line, or null to leave the line out. */
  readonly change?: (event: HistoryEvent) => EventBody | null;
  /** Further events, at ms since the load's start. */
  readonly more?: readonly { readonly atMs: number; readonly body: EventBody }[];
  readonly ending?: string | null;
}

export function loadCell(spec: CellSpec, changes: LoadChanges = {}): CellHistory {
  const { machine = goodMachine, change, more = [], ending = 'completed' } = changes;
  const { load } = spec;
  if (load === undefined) throw new Error('not a load');
  const simulated = historyOf(load, machine);
  const zero = simulated.find((event) => event.kind === 'load');
  const startedAt = zero?.kind === 'load' ? zero.startedAt : 0;
  const end: EventBody[] = ending === null ? [] : [{ kind: 'cell', phase: 'end', ending }];
  const lines = [
    { t: 0, source: 'lab', body: { kind: 'cell', phase: 'start', spec } satisfies EventBody },
    ...simulated.flatMap((event) => {
      const { seq: _seq, t, cell: _cell, source, ...simulatedBody } = event;
      // the lab writes the beginning and the end of the cell as well, and whatever more there is
      const body =
        simulatedBody.kind === 'record' && simulatedBody.of === 'lab'
          ? { ...simulatedBody, lines: simulatedBody.lines + 1 + more.length + end.length }
          : simulatedBody;
      const changed = change === undefined ? body : change({ ...event, ...body });
      return changed === null ? [] : [{ t, source, body: changed }];
    }),
    ...more.map(({ atMs, body }) => ({ t: startedAt + atMs, source: 'lab', body })),
  ].toSorted((a, b) => a.t - b.t);
  const last = lines.at(-1)?.t ?? 0;
  const events = [...lines, ...end.map((body) => ({ t: last, source: 'lab', body }))].map(
    ({ t, source, body }, seq): HistoryEvent => ({ seq, t, cell: spec.id, source, ...body }),
  );
  return { spec, events };
}

/** The windows from `from` on are those of another load with the same arrivals. */
export function fromWindow(from: number, other: LoadSetting): LoadChanges['change'] {
  const counts = new Map<string, LoadCounts>();
  for (const event of historyOf(other)) {
    if (event.kind === 'load') counts.set(keyOf(event), event.counts);
  }
  return (event) => {
    const { seq: _seq, t: _t, cell: _cell, source: _source, ...body } = event;
    if (body.kind !== 'load' || body.window < from) return body;
    return { ...body, counts: counts.get(keyOf(event)) ?? body.counts };
  };
}

function keyOf(event: HistoryEvent): string {
  return event.kind === 'load' ? `${event.source} ${event.queue} ${event.window}` : '';
}
