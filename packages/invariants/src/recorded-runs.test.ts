/**
 * Whole runs recorded on live brokers: judged again they say what they said, and with one piece of evidence changed they
 * no longer do.
 */
import { globSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import type { History, HistoryEvent, LedgerEntry, Snapshot } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { judgeRun, type Judgement } from './index.ts';

const folder = `${import.meta.dirname}/../histories/recorded`;
const recordings = globSync('*.jsonl.gz', { cwd: folder });

function read(name: string): History {
  const text = gunzipSync(readFileSync(`${folder}/${name}`)).toString('utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryEvent); // recorded by the lab, checked when it was recorded
}

test('there are recordings of both transports and of two versions of RabbitMQ', () => {
  expect(recordings.toSorted()).toEqual([
    'bullmq.jsonl.gz',
    'rabbitmq-3.10.jsonl.gz',
    'rabbitmq-4.0.jsonl.gz',
  ]);
});

describe.each(recordings)('%s', (name) => {
  const history = read(name);
  const roles = (judged: readonly Judgement[], role: string): Judgement[] =>
    judged.filter(({ spec }) => spec.role === role);

  /** The conclusions of the cells of one role, once the history was changed. */
  const conclusions = (role: string, change: (event: HistoryEvent) => HistoryEvent | null) => {
    const changed = history.flatMap((event) => change(event) ?? []);
    const { verdict, cells } = judgeRun(changed);
    return { verdict, conclusions: new Set(roles(cells, role).map((cell) => cell.conclusion)) };
  };
  const inRole = (event: HistoryEvent, role: string): boolean =>
    event.cell.split('/')[1] === role.replaceAll(' ', '-');
  const withSnapshot = (
    event: HistoryEvent,
    ledger: (s: Snapshot) => LedgerEntry[],
  ): HistoryEvent =>
    event.kind === 'snapshot'
      ? { ...event, snapshot: { ...event.snapshot, ledger: ledger(event.snapshot) } }
      : event;

  test('is proven', () => {
    const { verdict, reasons, cells } = judgeRun(history);
    expect({ verdict, reasons }).toEqual({ verdict: 'proven', reasons: [] });
    expect(cells.map(({ conclusion }) => conclusion)).toEqual(cells.map(() => 'as expected'));
  });

  test('is disproven when the second effect was never in the ledger', () => {
    const once = ({ ledger }: Snapshot): LedgerEntry[] =>
      ledger.filter(({ key }, index) => ledger.findIndex((entry) => entry.key === key) === index);
    expect(
      conclusions('reproduce', (event) =>
        inRole(event, 'reproduce') ? withSnapshot(event, once) : event,
      ),
    ).toEqual({ verdict: 'disproven', conclusions: new Set(['contrary']) });
  });

  test('is disproven when the guard let one more effect through', () => {
    const twice = ({ ledger }: Snapshot): LedgerEntry[] =>
      ledger.concat(ledger.slice(0, 1).map((entry) => ({ ...entry, entry: 'one more' })));
    expect(
      conclusions('prevent', (event) =>
        inRole(event, 'prevent') ? withSnapshot(event, twice) : event,
      ),
    ).toEqual({ verdict: 'disproven', conclusions: new Set(['contrary']) });
  });

  test('is disproven when a job that was accepted is in no place', () => {
    const withoutFirst = ({ ledger }: Snapshot): LedgerEntry[] => ledger.slice(1);
    expect(
      conclusions('control', (event) =>
        inRole(event, 'control') ? withSnapshot(event, withoutFirst) : event,
      ),
    ).toEqual({ verdict: 'disproven', conclusions: new Set(['contrary']) });
  });

  test('is inconclusive when no fault was ever read back', () => {
    expect(
      conclusions('reproduce', (event) =>
        inRole(event, 'reproduce') && event.kind === 'fault' && event.phase === 'on' ? null : event,
      ),
    ).toEqual({ verdict: 'inconclusive', conclusions: new Set(['inconclusive']) });
  });

  test('is inconclusive when a fault was not healed', () => {
    const { verdict } = conclusions('reproduce', (event) =>
      inRole(event, 'reproduce') && event.kind === 'fault' && event.phase === 'off' ? null : event,
    );
    expect(verdict).toBe('inconclusive');
  });

  test('is inconclusive when the guard never refused anything', () => {
    const { verdict } = conclusions('prevent', (event) =>
      inRole(event, 'prevent') && event.kind === 'wire' && event.means === 'effect-refused'
        ? null
        : event,
    );
    expect(verdict).toBe('inconclusive');
  });

  test('is inconclusive when the queue was not drained', () => {
    const { verdict } = conclusions('control', (event) =>
      inRole(event, 'control') && event.kind === 'snapshot'
        ? { ...event, snapshot: { ...event.snapshot, drained: false, ready: 1 } }
        : event,
    );
    expect(verdict).not.toBe('proven');
  });

  test('is disproven when a second recovery changed something', () => {
    const { verdict } = conclusions('recover', (event) =>
      event.kind === 'recovery' && event.round === 2 ? { ...event, repairs: 1 } : event,
    );
    expect(verdict).toBe('disproven');
  });
});
