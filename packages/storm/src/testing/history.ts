/** A history such as the lab merges it, of a simulated load: what client, server and lab would have written. */
import {
  hostInLoad,
  loadQueues,
  type EventBody,
  type HistoryEvent,
  type LoadCount,
  type LoadSetting,
  type TimingEvent,
} from '@lab/contract';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';

import { simulate } from '../simulate/simulate.ts';

/** Who writes which count. */
const writers = {
  client: [
    'offered',
    'refused',
    'succeeded',
    'failed',
    'sent',
    'reached',
    'rejected',
    'timedOut',
    'late',
    'errors',
    'retriesRefused',
    'underWay',
    'awaited',
  ],
  server: ['delivered', 'served', 'expired', 'unacknowledged'],
  lab: ['depth', 'dropped'],
} as const satisfies Record<string, readonly LoadCount[]>;

/** When the load begins on the history's clock, ms: processes were started before. */
export const startedAt = 1234.567;

/** Of a file that there never was. */
const digest = '0'.repeat(64);

/** How late the generator was, each time, ms. */
export interface Machine {
  readonly lagsMs: readonly number[];
  /** Share of the processors that was busy, in every window. */
  readonly cpu: number;
}

export const goodMachine: Machine = { lagsMs: [0.5, 1, 1.5], cpu: 0.4 };

/** @param setting without a trigger, with a stall, or with a spike */
export function historyOf(setting: LoadSetting, machine: Machine = goodMachine): HistoryEvent[] {
  const { series, setting: watched } = simulate(setting);
  const { windowMs, columns, triggerOnMs, triggerOffMs } = series;
  const located: { t: number; source: string; body: EventBody }[] = [];
  const write = (atMs: number, source: string, body: EventBody): void => {
    located.push({ t: startedAt + atMs, source, body });
  };
  for (const source of ['client', 'server']) {
    write(-1000, source, { kind: 'told', load: setting });
  }
  for (let window = 0; window < columns.offered.length; window += 1) {
    const common = { kind: 'load', window, startedAt } as const;
    for (const [source, counts] of Object.entries(writers)) {
      const entries = counts.map((count) => [count, columns[count][window] ?? 0] as const);
      write((window + 1) * windowMs + 1, source, {
        ...common,
        queue: loadQueues.requests,
        counts: Object.fromEntries(entries),
      });
    }
    write((window + 1) * windowMs + 1, 'lab', {
      ...common,
      queue: hostInLoad,
      counts: { cpu: machine.cpu },
    });
  }
  if (setting.trigger !== 'none' && setting.trigger !== 'spike') {
    const fault = { kind: 'fault', id: 'F1', verb: 'stop', target: 'server' } as const;
    const label = 'server stands still';
    write((triggerOnMs ?? 0) - 2, 'lab', { ...fault, label, phase: 'requested' });
    write(triggerOnMs ?? 0, 'lab', { ...fault, label, phase: 'on', applied: 'state T' });
    write((triggerOffMs ?? 0) - 2, 'lab', { ...fault, label, phase: 'healing' });
    write(triggerOffMs ?? 0, 'lab', { ...fault, label, phase: 'off' });
  }
  const endMs = columns.offered.length * windowMs;
  write(endMs + 2, 'client', lagTiming(machine));
  write(endMs + 3, 'lab', { kind: 'watched', observeMs: watched.observeMs });
  for (const source of ['client', 'server', 'lab']) {
    const lines = located.filter((line) => line.source === source).length;
    write(endMs + 4, 'lab', { kind: 'record', of: source, lines, sha256: digest });
  }
  return located
    .toSorted((a, b) => a.t - b.t)
    .map(({ t, source, body }, seq) => ({ seq, t, cell: 'cell', source, ...body }));
}

/** What the client writes of its lag, in one part of the load. */
export function lagTiming({
  lagsMs,
  part = 'after',
}: Pick<Machine, 'lagsMs'> & { readonly part?: TimingEvent['part'] }): EventBody {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600e6,
    numberOfSignificantValueDigits: 3,
  });
  for (const lagMs of lagsMs) histogram.recordValue(Math.round(lagMs * 1000));
  return {
    kind: 'timing',
    of: 'send-lag',
    part,
    encoded: encodeIntoCompressedBase64(histogram),
    censored: 0,
  };
}
