/**
 * Whole runs, scripted ones and such as were recorded on live brokers: judged again they say what they said, and with one
 * piece of evidence changed they no longer do. A change that contradicts the rest of the evidence makes nothing but doubt; one
 * that goes all the way through (command, answer and entry together) accuses. Lines are counted again after every change, so
 * that it is not the count that tells.
 */
import { globSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import type { History, HistoryEvent, LedgerEntry, RoleInGrid } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { recounted } from './books/tampering.ts';
import { judgeCell, judgeRun, splitCells, type CellHistory, type Verdict } from './index.ts';
import { withState } from './plants/rewrite.ts';

const folder = `${import.meta.dirname}/../histories`;
const recordings = globSync('recorded/*.jsonl.gz', { cwd: folder }).toSorted();

function textOf(name: string): string {
  const bytes = readFileSync(`${folder}/${name}`);
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function read(name: string): History {
  return textOf(name)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryEvent); // written by the lab, checked when it was
}

test('there are recordings of both transports and of two versions of RabbitMQ', () => {
  expect(
    recordings.map((name) => {
      const header = read(name).find((event) => event.kind === 'run')?.header;
      return [name, header?.versions['rabbitmq']?.replace(/\.\d+$/, '') ?? 'none'];
    }),
  ).toEqual([
    ['recorded/bullmq.jsonl.gz', '3.10'],
    ['recorded/rabbitmq-3.10.jsonl.gz', '3.10'],
    ['recorded/rabbitmq-4.0.jsonl.gz', '4.0'],
  ]);
});

test.each(recordings)('%s names no path of the machine on which it was recorded', (name) => {
  expect(textOf(name).match(/(?<![\w.:/])\/(?:home|root|Users|work|tmp)\/[^\s"]*/g) ?? []).toEqual(
    [],
  );
});

/** What becomes of a line: itself, another one, or nothing. */
type Change = (event: HistoryEvent) => HistoryEvent | null;

interface Changed {
  readonly title: string;
  readonly role: RoleInGrid;
  readonly change: (cell: CellHistory) => Change;
  readonly verdict: Verdict;
  readonly because: RegExp;
}

const changes: readonly Changed[] = [
  {
    title: 'an effect that was answered is not in the ledger',
    role: 'reproduce',
    change: () => (event) => withLedger(event, (ledger) => ledger.filter(isFirstOfItsKey)),
    verdict: 'inconclusive',
    because: /ledger: entry .+ was answered as applied and is not in the ledger/,
  },
  {
    title: 'the second effect was never sent',
    role: 'reproduce',
    change: (cell) => withoutEntries(secondEffects(cell)),
    verdict: 'disproven',
    because: /INV_001 holds, but was expected to be violated/,
  },
  {
    title: 'a stranger writes one more effect',
    role: 'prevent',
    change: () => (event) =>
      withLedger(event, (ledger) => [
        ...ledger,
        ...ledger.slice(0, 1).map((entry) => ({ ...entry, entry: 'one more' })),
      ]),
    verdict: 'inconclusive',
    because: /ledger: no tap saw the effect of .+ \(one more\) that stands in the ledger/,
  },
  {
    title: 'the guard lets through what it refused',
    role: 'prevent',
    change: (cell) => {
      const refused = refusedEntries(cell);
      return (event) =>
        isRefusal(event)
          ? { ...event, means: 'effect-applied' }
          : withLedger(event, (ledger) => [...ledger, ...refused]);
    },
    verdict: 'disproven',
    because: /INV_001 is violated, but was expected to hold/,
  },
  {
    title: 'what the guard refused was not answered',
    role: 'prevent',
    change: () => (event) => (isRefusal(event) ? null : event),
    verdict: 'inconclusive',
    because: /ledger: the .+ for job-\d+ was never answered|the guard never had to act/, // a hold explains it
  },
  {
    title: 'the guard had nothing to refuse',
    role: 'prevent',
    change: (cell) => {
      const without = withoutEntries(refusedEntries(cell).filter((entry) => !wasHeld(cell, entry)));
      return (event) => (isRefusal(event) ? null : without(event)); // the hold explains what is left of the others
    },
    verdict: 'inconclusive',
    because: /the guard never had to act: it refused no effect/,
  },
  {
    title: 'the ledger lacks an effect',
    role: 'control',
    change: () => (event) => withLedger(event, (ledger) => ledger.slice(1)),
    verdict: 'inconclusive',
    because: /ledger: entry .+ was answered as applied and is not in the ledger/,
  },
  {
    title: 'a job that was accepted has no effect',
    role: 'control',
    change: (cell) => withoutEntries(finalLedger(cell).slice(0, 1)),
    verdict: 'disproven',
    because: /INV_006 is violated, but was expected to hold/,
  },
  {
    title: 'the producer says that it failed',
    role: 'control',
    change: () => (event) =>
      event.kind === 'process' && event.role === 'producer' && event.phase === 'exited'
        ? { ...event, detail: 'code 1' }
        : event,
    verdict: 'inconclusive',
    because: /publish: the producer ended with code 1/,
  },
  {
    title: 'the queue was not drained',
    role: 'control',
    change: () => (event) => withState(event, () => ({ drained: false, ready: 1 })),
    verdict: 'inconclusive',
    because: /the queue was not drained at snapshot "final": 1 ready/,
  },
  {
    title: 'no fault was ever read back',
    role: 'reproduce',
    change: () => (event) => (event.kind === 'fault' && event.phase === 'on' ? null : event),
    verdict: 'inconclusive',
    because: /carrier: ".+" was requested but never came on/,
  },
  {
    title: 'a fault was not healed',
    role: 'reproduce',
    change: () => (event) => (event.kind === 'fault' && event.phase === 'off' ? null : event),
    verdict: 'inconclusive',
    because: /carrier: ".+" was not healed/,
  },
  {
    title: 'a link was not open again after the heal',
    role: 'prevent',
    change: () => (event) =>
      event.kind === 'probe' && event.during === 'healed' ? { ...event, outcome: 'silent' } : event,
    verdict: 'inconclusive',
    because: /carrier: ".+" was called healed, and a round trip through .+ was silent/,
  },
  {
    title: 'the store was gone in the end',
    role: 'guard control',
    change: () => (event) =>
      event.kind === 'server' && event.server === 'redis' ? { ...event, phase: 'gone' } : event,
    verdict: 'inconclusive',
    because: /server: redis is gone/,
  },
  {
    title: 'recovery took an effect back with the wrong sign',
    role: 'recover',
    change: () => (event) => {
      if (event.kind !== 'wire') return withLedger(event, (ledger) => ledger.map(wrongSign));
      return event.entries === undefined
        ? event
        : { ...event, entries: event.entries.map(wrongSign) };
    },
    verdict: 'disproven',
    because: /recovery: recovery took (\d+) of job-\d+ back with \1/,
  },
  {
    title: 'a second recovery says that it repaired something',
    role: 'recover',
    change: () => (event) =>
      event.kind === 'recovery' && event.round === 2 ? { ...event, repairs: 1 } : event,
    verdict: 'disproven',
    because: /recovery: the second run of recovery says 1 repairs/,
  },
];

describe.each(['grid/fm-001-rabbitmq.jsonl', 'grid/fm-001-bullmq.jsonl', ...recordings])(
  '%s',
  (name) => {
    const history = read(name);

    test('is proven', () => {
      const { verdict, reasons, cells, planted } = judgeRun(history);
      expect({ verdict, reasons }).toEqual({ verdict: 'proven', reasons: [] });
      expect(cells.map(({ conclusion }) => conclusion)).toEqual(cells.map(() => 'as expected'));
      expect(planted).toEqual({ planted: 7, found: 7, missed: [], nowhere: [] });
      expect(recounted(history)).toEqual(history);
    });

    test.each(changes)('is $verdict when $title', ({ role, change, verdict, because }) => {
      const judged = judgeRun(inCellsOf(history, role, change));
      expect(judged.verdict).toBe(verdict);
      expect(judged.reasons[0]).toContain(`/${role.replaceAll(' ', '-')}`);
      expect(judged.reasons).toContainEqual(expect.stringMatching(because));
    });
  },
);

/** Of the recorded lines one in so many, drawn with a fixed seed. */
const oneIn = 10;

/** Nothing that the lab wrote on a live broker can be missing, doubled or moved without its cell's losing its word. */
describe.each(recordings)('%s', (name) => {
  const history = read(name);
  const cells = splitCells(history);

  /** @param change what becomes of the lines of a cell; null where there is nothing to change */
  const unnoticed = (change: (events: History, at: number) => History | null): string[] => {
    const draw = seeded(1);
    return cells.flatMap(({ spec, events }) =>
      events.flatMap((event, at) => {
        if (draw() >= 1 / oneIn) return [];
        const changed = change(events, at);
        if (changed === null) return [];
        const { conclusion } = judgeCell({ spec, events: changed });
        return conclusion === 'inconclusive' ? [] : [`${event.seq}: ${conclusion}`];
      }),
    );
  };

  test('a line that is gone is missed, even when the rest is numbered again', () => {
    expect(unnoticed((events, at) => numbered(events.toSpliced(at, 1)))).toEqual([]);
  }, 60_000);

  test('a line that is doubled is noticed, even when all is numbered again', () => {
    expect(
      unnoticed((events, at) => numbered(events.toSpliced(at, 0, ...events.slice(at, at + 1)))),
    ).toEqual([]);
  }, 60_000);

  test('two neighbours that change places are noticed, even when all is numbered again', () => {
    const swapped = (events: History, at: number): History | null => {
      const [first, second] = events.slice(at, at + 2);
      if (first === undefined || second === undefined) return null;
      const other = events.toSpliced(at, 2, second, first);
      return first.t === second.t ? other : numbered(other); // of one moment only the numbers tell the order
    };
    expect(unnoticed(swapped)).toEqual([]);
  }, 60_000);

  test("the run's own lines are missed and noticed as well", () => {
    const own = history.flatMap(({ cell }, at) => (cell === 'run' ? [at] : []));
    expect(own.length).toBeGreaterThan(1);
    for (const at of own) {
      const twice = history.toSpliced(at, 0, ...history.slice(at, at + 1));
      for (const changed of [history.toSpliced(at, 1), twice]) {
        expect(judgeRun(numbered(changed)).verdict).toBe('inconclusive');
      }
    }
  });
});

function inCellsOf(
  history: History,
  role: RoleInGrid,
  changeIn: (cell: CellHistory) => Change,
): HistoryEvent[] {
  const byCell = new Map(
    splitCells(history)
      .filter(({ spec }) => spec.role === role)
      .map((cell) => [cell.spec.id, changeIn(cell)]),
  );
  return recounted(
    history.flatMap((event) => {
      const change = byCell.get(event.cell);
      return change === undefined ? [event] : (change(event) ?? []);
    }),
  );
}

function withLedger(
  event: HistoryEvent,
  change: (ledger: readonly LedgerEntry[]) => readonly LedgerEntry[],
): HistoryEvent {
  return withState(event, ({ ledger }) => ({ ledger: [...change(ledger)] }));
}

/** Neither sent nor answered, nor in the ledger, nor said by the worker. */
function withoutEntries(entries: readonly LedgerEntry[]): Change {
  const gone = new Set(entries.map(({ entry }) => entry));
  return (event) => {
    if (event.kind === 'wire') {
      return event.entries?.some(({ entry }) => gone.has(entry)) === true ? null : event;
    }
    const said = event.kind === 'job' && event.op === 'effect' ? event : undefined;
    if (entries.some(({ key, by }) => said?.key === key && said.source === by)) return null;
    return withLedger(event, (ledger) => ledger.filter(({ entry }) => !gone.has(entry)));
  };
}

function finalLedger({ events }: CellHistory): readonly LedgerEntry[] {
  return events.findLast((event) => event.kind === 'snapshot')?.snapshot.ledger ?? [];
}

function isFirstOfItsKey(
  { key }: LedgerEntry,
  index: number,
  ledger: readonly LedgerEntry[],
): boolean {
  return ledger.findIndex((entry) => entry.key === key) === index;
}

/** Of each job with two effects the one for which no frame was held: with the other the strike would be gone as well. */
function secondEffects(cell: CellHistory): LedgerEntry[] {
  const byKey = Map.groupBy(finalLedger(cell), ({ key }) => key);
  return [...byKey.values()].flatMap((effects) =>
    effects.length < 2 ? [] : effects.filter((entry) => !wasHeld(cell, entry)).slice(-1),
  );
}

function wasHeld({ events }: CellHistory, { entry }: LedgerEntry): boolean {
  return events.some(
    (event) =>
      event.kind === 'wire' &&
      event.passage === 'held' &&
      event.entries?.some((sent) => sent.entry === entry) === true,
  );
}

function refusedEntries({ events }: CellHistory): LedgerEntry[] {
  return events.flatMap((event) => (isRefusal(event) ? (event.entries ?? []) : []));
}

function isRefusal(event: HistoryEvent): event is Extract<HistoryEvent, { kind: 'wire' }> {
  return event.kind === 'wire' && event.means === 'effect-refused';
}

function wrongSign(entry: LedgerEntry): LedgerEntry {
  return entry.kind === 'compensation' ? { ...entry, amount: Math.abs(entry.amount) } : entry;
}

function numbered(events: History): HistoryEvent[] {
  return events.map((event, seq) => ({ ...event, seq }));
}

/** Park and Miller's generator. @returns numbers from 0 to below 1 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
