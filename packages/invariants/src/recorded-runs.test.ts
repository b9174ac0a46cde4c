/**
 * Whole runs, as they are and with one piece of evidence changed. The scripted ones keep all the books; those recorded on
 * live brokers are older than the books, and nobody counted their lines: nothing is proven by them.
 */
import { globSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import type { History, HistoryEvent, LedgerEntry, Snapshot } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { judgeRun, type Judgement } from './index.ts';

const folder = `${import.meta.dirname}/../histories`;
const recordings = globSync('*.jsonl.gz', { cwd: `${folder}/recorded` });

function read(name: string): History {
  const bytes = readFileSync(`${folder}/${name}`);
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryEvent); // written by the lab, checked when it was
}

test('there are recordings of both transports and of two versions of RabbitMQ', () => {
  expect(recordings.toSorted()).toEqual([
    'bullmq.jsonl.gz',
    'rabbitmq-3.10.jsonl.gz',
    'rabbitmq-4.0.jsonl.gz',
  ]);
});

test.each(recordings)('%s is inconclusive: nobody counted its lines', (name) => {
  const { verdict, cells } = judgeRun(read(`recorded/${name}`));
  expect(verdict).toBe('inconclusive');
  for (const { breaches } of cells) {
    expect(breaches[0]?.says).toBe('the history does not say how many lines each source wrote');
  }
});

describe.each(['grid/fm-001-rabbitmq', 'grid/fm-001-bullmq'])('%s', (name) => {
  const history = read(`${name}.jsonl`);
  const roles = (judged: readonly Judgement[], role: string): Judgement[] =>
    judged.filter(({ spec }) => spec.role === role);

  /** The conclusions of the cells of one role, once the history was changed. */
  const conclusions = (role: string, change: (event: HistoryEvent) => HistoryEvent | null) => {
    const changed = history.flatMap((event) => change(event) ?? []);
    const { verdict, cells } = judgeRun(changed);
    const those = roles(cells, role);
    return {
      verdict,
      conclusions: new Set(those.map((cell) => cell.conclusion)),
      books: new Set(those.flatMap(({ breaches }) => breaches.map(({ book }) => book))),
    };
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

  test('is inconclusive when an effect that was answered is not in the ledger', () => {
    const once = ({ ledger }: Snapshot): LedgerEntry[] =>
      ledger.filter(({ key }, index) => ledger.findIndex((entry) => entry.key === key) === index);
    expect(
      conclusions('reproduce', (event) =>
        inRole(event, 'reproduce') ? withSnapshot(event, once) : event,
      ),
    ).toEqual({
      verdict: 'inconclusive',
      conclusions: new Set(['inconclusive']),
      books: new Set(['ledger']),
    });
  });

  test('is inconclusive when a stranger writes one more effect', () => {
    const twice = ({ ledger }: Snapshot): LedgerEntry[] =>
      ledger.concat(ledger.slice(0, 1).map((entry) => ({ ...entry, entry: 'one more' })));
    const { verdict, books } = conclusions('prevent', (event) =>
      inRole(event, 'prevent') ? withSnapshot(event, twice) : event,
    );
    expect(verdict).toBe('inconclusive');
    expect(books).toEqual(new Set(['ledger', 'surprise']));
  });

  test('is inconclusive when the history misses the effect of a job that was accepted', () => {
    const withoutFirst = ({ ledger }: Snapshot): LedgerEntry[] => ledger.slice(1);
    const { verdict, books } = conclusions('control', (event) =>
      inRole(event, 'control') ? withSnapshot(event, withoutFirst) : event,
    );
    expect(verdict).toBe('inconclusive');
    expect(books).toContain('ledger');
  });

  test('is inconclusive when no fault was ever read back', () => {
    const { verdict, books } = conclusions('reproduce', (event) =>
      inRole(event, 'reproduce') && event.kind === 'fault' && event.phase === 'on' ? null : event,
    );
    expect(verdict).toBe('inconclusive');
    expect(books).toContain('carrier');
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
