/**
 * A harness without brokers: the simulator's load, written down as the programs of a real one would have. It is for the
 * tests of what stands around the measuring.
 */
import {
  hostInLoad,
  loadCounts,
  loadQueues,
  type EventBody,
  type HistoryEvent,
  type LoadCount,
  type LoadSetting,
} from '@lab/contract';
import { simulate } from '@lab/storm';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';

import type { LoadRun } from '../measured-cell.ts';
import { nominalPerS } from '../planned-load.ts';

const byServer: ReadonlySet<LoadCount> = new Set([
  'delivered',
  'served',
  'expired',
  'unacknowledged',
]);
const byLab: ReadonlySet<LoadCount> = new Set(['depth', 'jobsDepth', 'dropped']);

/** What the load leaves behind when it is played at this share of the capacity that it is told. */
export function simulatedLoad(setting: LoadSetting, share = 1): LoadRun {
  const told = { ...setting, capacityPerS: share * nominalPerS(setting) };
  const { series, setting: watched } = simulate(told);
  const { columns, windowMs, triggerOnMs, triggerOffMs } = series;
  const events: HistoryEvent[] = [];
  const write = (t: number, source: string, body: EventBody): void => {
    events.push({ ...body, seq: events.length, t, cell: 'test', source });
  };
  const fault = (t: number | null, phase: 'on' | 'off'): void => {
    if (t === null) return;
    const what = { verb: 'pause', target: 'server', label: 'pause server' };
    write(t, 'lab', { kind: 'fault', id: 'F1', ...what, phase });
  };
  for (const source of ['client', 'server']) write(0, source, { kind: 'told', load: setting });
  fault(triggerOnMs, 'on');
  fault(triggerOffMs, 'off');
  for (const window of columns.offered.keys()) {
    const counts = (source: string): Partial<Record<LoadCount, number>> =>
      Object.fromEntries(
        loadCounts
          .filter((name) => writerOf(name) === source)
          .map((name) => [name, columns[name][window] ?? 0]),
      );
    const line = (source: string, queue: string, counted: Partial<Record<LoadCount, number>>) =>
      write((window + 1) * windowMs, source, {
        kind: 'load',
        queue,
        window,
        startedAt: 0,
        counts: counted,
      });
    line('client', loadQueues.requests, counts('client'));
    line('server', loadQueues.requests, counts('server'));
    line('lab', loadQueues.requests, counts('lab'));
    line('lab', hostInLoad, { cpu: 0.3 });
  }
  const lag = build({ numberOfSignificantValueDigits: 3 });
  lag.recordValue(500);
  for (const part of ['baseline', 'after'] as const) {
    write(columns.offered.length * windowMs, 'client', {
      kind: 'timing',
      of: 'send-lag',
      part,
      encoded: encodeIntoCompressedBase64(lag),
      censored: 0,
    });
  }
  const endMs = columns.offered.length * windowMs;
  write(endMs, 'lab', { kind: 'watched', observeMs: watched.observeMs });
  for (const source of ['client', 'server', 'lab']) {
    const lines = events.filter((event) => event.source === source).length;
    write(endMs, 'lab', { kind: 'record', of: source, lines, sha256: '0'.repeat(64) });
  }
  events.sort((a, b) => a.t - b.t);
  return { ending: 'completed', events: events.map((event, seq) => ({ ...event, seq })) };
}

function writerOf(name: LoadCount): string {
  if (name === 'cpu') return 'host';
  if (byServer.has(name)) return 'server';
  return byLab.has(name) ? 'lab' : 'client';
}
