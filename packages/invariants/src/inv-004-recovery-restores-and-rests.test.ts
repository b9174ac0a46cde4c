import type { Finding, LedgerEntry, Snapshot } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import type { CellHistory } from './cell-history.ts';
import { mergeCells, type CellScript } from './history-script.ts';
import { splitCells } from './index.ts';
import { recoveryRestoresAndRests } from './inv-004-recovery-restores-and-rests.ts';
import { noSnapshot } from './net-effects.ts';
import { ackLost, cellOf, effectAgain, keysOf, struck } from './scripted-cells.ts';

interface Rounds {
  readonly exitCodes?: readonly [first: number, second: number];
  readonly before?: (snapshot: Snapshot) => Partial<Snapshot>;
  readonly after?: (snapshot: Snapshot) => Partial<Snapshot>;
  readonly second?: (snapshot: Snapshot) => Partial<Snapshot>;
  /** False leaves the effect of the struck job a single one. */
  readonly doubled?: boolean;
  /** What was ordered of each job; absent: nobody says. */
  readonly ordered?: number;
}

/** A cell with a recovery that does all that it should, but for what is changed. */
function judge(rounds: Rounds): Finding {
  const { exitCodes = [0, 0], doubled = true, ordered } = rounds;
  const single = (cell: CellScript, key: string): CellScript => cell.settle('worker-2', key);
  const script = cellOf(
    { role: 'recover', fault: 'ack-lost' },
    ackLost(doubled ? effectAgain : single),
  );
  script.settled().phase('recover').snapshot('before recovery').compensate(struck);
  script.recovery(1, doubled ? 1 : 0, exitCodes[0]).snapshot('after recovery');
  script.recovery(2, 0, exitCodes[1]).snapshot('after second recovery').end();
  const [cell] = splitCells(mergeCells([script]));
  if (cell === undefined) throw new Error('no cell');
  return recoveryRestoresAndRests.check(changed(cell, rounds, ordered), noSnapshot);
}

function changed(cell: CellHistory, rounds: Rounds, ordered: number | undefined): CellHistory {
  const changes: Record<string, Rounds['before']> = {
    'before recovery': rounds.before,
    'after recovery': rounds.after,
    'after second recovery': rounds.second,
  };
  const { orders: _, ...nobodySays } = cell.spec;
  const orders = keysOf(cell.spec.jobs).map((key) => ({ key, amount: ordered ?? 0 }));
  return {
    spec: ordered === undefined ? nobodySays : { ...cell.spec, orders },
    events: cell.events.map((event) => {
      if (event.kind !== 'snapshot') return event;
      const ledger = event.snapshot.ledger.map((entry) => ({
        ...entry,
        amount: entry.kind === 'effect' ? 100 : -100,
      }));
      const plain = { ...event.snapshot, ledger };
      return { ...event, snapshot: { ...plain, ...changes[plain.name]?.(plain) } };
    }),
  };
}

const stories = (finding: Finding): string[] =>
  finding.state === 'violated' ? finding.witnesses.map(({ story }) => story) : [finding.state];

const last = (ledger: readonly LedgerEntry[], change: Partial<LedgerEntry>): LedgerEntry[] =>
  ledger.map((entry, index) => (index === ledger.length - 1 ? { ...entry, ...change } : entry));

describe('INV_004', () => {
  test('holds when what was broken is whole and the second run found nothing to do', () => {
    expect(judge({})).toMatchObject({ state: 'holds', exercised: 1 });
    expect(judge({ ordered: 100 })).toMatchObject({ state: 'holds', exercised: 1 });
  });

  test('is broken by a run that ended badly, the first like the second', () => {
    expect(stories(judge({ exitCodes: [1, 0] }))).toEqual([
      'the first run of recovery ended with exit code 1',
    ]);
    expect(stories(judge({ exitCodes: [0, 1] }))).toEqual([
      'the second run of recovery ended with exit code 1 and 0 repairs',
    ]);
  });

  test('is broken when the second run changes what an entry is worth, and only that', () => {
    const finding = judge({ second: ({ ledger }) => ({ ledger: last(ledger, { amount: -101 }) }) });
    expect(stories(finding)).toEqual(['the second run of recovery changed the ledger at entry 8']);
  });

  test.each<readonly [string, Partial<LedgerEntry>]>([
    ['its name', { entry: 'another' }],
    ['whose it is', { key: 'job-0001' }],
    ['what it is', { kind: 'effect' }],
    ['who wrote it', { by: 'worker-1' }],
    ['what it takes back', { compensates: 'entry-1' }],
  ])('is broken when the second run changes %s', (_, change) => {
    const finding = judge({ second: ({ ledger }) => ({ ledger: last(ledger, change) }) });
    expect(stories(finding)).toContain('the second run of recovery changed the ledger at entry 8');
  });

  test('counts a loss as broken (INV_006, INV_012), and asks whether it was made good', () => {
    const without = ({ ledger }: Snapshot): Partial<Snapshot> => ({
      ledger: ledger.filter(({ key }) => key !== 'job-0002'),
    });
    expect(judge({ doubled: false })).toMatchObject({ state: 'unknown' });
    expect(judge({ doubled: false, before: without })).toMatchObject({
      state: 'holds',
      exercised: 2,
    });
    const lost = judge({ before: without, after: without, second: without });
    expect(stories(lost)).toContainEqual(
      expect.stringMatching(/^job-0002: .*no effect in the ledger$/),
    );
  });

  test('counts a dead letter beside its effect as broken (INV_012)', () => {
    const beside = (): Partial<Snapshot> => ({ dead: ['job-0002'] });
    expect(judge({ doubled: false, before: beside })).toMatchObject({
      state: 'holds',
      exercised: 1,
    });
    expect(stories(judge({ after: beside, second: beside }))).toContainEqual(
      expect.stringMatching(/^job-0002: .*both effected and dead-lettered$/),
    );
  });

  test('counts wrong amounts as broken (INV_014), where it is said what was ordered', () => {
    const double = ({ ledger }: Snapshot): Partial<Snapshot> => ({
      ledger: ledger.map((entry) => (entry.key === 'job-0002' ? { ...entry, amount: 200 } : entry)),
    });
    const before = judge({ doubled: false, before: double, ordered: 100 });
    expect(before).toMatchObject({ state: 'holds', exercised: 1 });
    const after = judge({ after: double, second: double, ordered: 100 });
    expect(stories(after)).toContainEqual(
      expect.stringMatching(/^job-0002: .*200 stands where 100/),
    );
    expect(judge({ after: double, second: double }).state).toBe('holds');
  });
});
