import type { HistoryEvent, LedgerEntry, Snapshot } from '@lab/contract';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { CellScript, mergeCells } from './history-script.ts';
import { checkers, checkSafely, judgeCell, splitCells, type CellHistory } from './index.ts';
import { keysOf, specOf } from './scripted-cells.ts';

/** What may happen to one job, freely combined. */
const fates = [
  'ordinary',
  'twice',
  'compensated',
  'skipped',
  'dead',
  'dead and done',
  'unconfirmed',
] as const;
type Fate = (typeof fates)[number];

const anyFates = fc.array(fc.constantFrom(...fates), { minLength: 1, maxLength: 12 });

function live(cell: CellScript, key: string, fate: Fate): CellScript {
  if (fate === 'unconfirmed') cell.wire('producer', 'publish', key);
  else cell.publish(key);
  cell.deliver('worker-1', key);
  if (fate === 'skipped') return cell.settle('worker-1', key);
  if (fate === 'dead') return cell.deadLetter('worker-1', key);
  cell.effect('worker-1', key);
  if (fate === 'dead and done') return cell.deadLetter('worker-1', key);
  if (fate === 'twice' || fate === 'compensated')
    cell.deliver('worker-2', key, true).effect('worker-2', key);
  if (fate === 'compensated') cell.compensate(key);
  return cell.settle('worker-2', key);
}

function cellOf(lots: readonly Fate[]): CellHistory {
  const cell = new CellScript(specOf({ jobs: lots.length })).begin();
  for (const [index, key] of keysOf(lots.length).entries())
    live(cell, key, lots[index] ?? 'ordinary');
  const [history] = splitCells(mergeCells([cell.settled().snapshot().end()]));
  if (history === undefined) throw new Error('no cell');
  return history;
}

function finalOf(cell: CellHistory): Snapshot {
  const taken = cell.events.findLast((event) => event.kind === 'snapshot');
  if (taken === undefined) throw new Error('no snapshot');
  return taken.snapshot;
}

function statesOf(cell: CellHistory, snapshot: Snapshot): string[] {
  return Object.values(checkers).map((checker) => {
    const finding = checkSafely(checker, cell, snapshot);
    return finding.state === 'violated' ? `violated ${finding.violations}` : finding.state;
  });
}

function stateOf(
  id: 'INV_001' | 'INV_006' | 'INV_012',
  cell: CellHistory,
  snapshot: Snapshot,
): string {
  const checker = checkers[id];
  return checker === undefined ? 'none' : checkSafely(checker, cell, snapshot).state;
}

describe('checkers', () => {
  test('find what was put in', () => {
    fc.assert(
      fc.property(anyFates, (lots) => {
        const cell = cellOf(lots);
        const has = (fate: Fate): boolean => lots.includes(fate);
        const effected = lots.some((fate) => fate !== 'skipped' && fate !== 'dead');
        const accepted = lots.some((fate) => fate !== 'unconfirmed');
        const final = finalOf(cell);
        expect(stateOf('INV_001', cell, final)).toBe(wanted(has('twice'), effected));
        expect(stateOf('INV_006', cell, final)).toBe(wanted(has('skipped'), accepted));
        expect(stateOf('INV_012', cell, final)).toBe(
          wanted(has('skipped') || has('dead and done'), accepted),
        );
      }),
    );
  });

  test('do not care in which order the stories of different jobs are interleaved', () => {
    fc.assert(
      fc.property(anyFates, fc.infiniteStream(fc.nat({ max: 20 })), (lots, dice) => {
        const cell = cellOf(lots);
        const shuffled = interleave(cell, dice);
        expect(statesOf(shuffled, finalOf(shuffled))).toEqual(statesOf(cell, finalOf(cell)));
      }),
    );
  });

  test('see a duplicate effect wherever it is added', () => {
    fc.assert(
      fc.property(anyFates, fc.nat(), (lots, pick) => {
        const cell = cellOf(lots);
        const final = finalOf(cell);
        const effects = final.ledger.filter(({ kind }) => kind === 'effect');
        const twin = effects[pick % Math.max(1, effects.length)];
        fc.pre(
          twin !== undefined && !final.ledger.some(({ compensates }) => compensates === twin.entry),
        );
        const extra: LedgerEntry = { ...twin, entry: 'extra' };
        expect(stateOf('INV_001', cell, { ...final, ledger: [...final.ledger, extra] })).toBe(
          'violated',
        );
      }),
    );
  });

  test('need a drained queue before absence means anything', () => {
    fc.assert(
      fc.property(anyFates, (lots) => {
        const cell = cellOf(lots);
        const undrained = { ...finalOf(cell), drained: false };
        expect(stateOf('INV_006', cell, undrained)).toBe('unknown');
        expect(stateOf('INV_012', cell, undrained)).toBe('unknown');
        expect(stateOf('INV_001', cell, undrained)).not.toBe('holds');
      }),
    );
  });

  test('never call a cell that breaks off early as expected', () => {
    fc.assert(
      fc.property(
        anyFates,
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (lots, share) => {
          const cell = cellOf(lots);
          const events = cell.events.slice(0, Math.floor(cell.events.length * share));
          expect(judgeCell({ spec: cell.spec, events }).conclusion).not.toBe('as expected');
        },
      ),
    );
  });

  test('keep a violated INV_001 from ever holding in a prefix of its history', () => {
    fc.assert(
      fc.property(anyFates, fc.nat(), (lots, cut) => {
        const cell = cellOf([...lots, 'twice']);
        const prefix = { spec: cell.spec, events: cell.events.slice(0, cut % cell.events.length) };
        expect(stateOf('INV_001', prefix, finalOf(cell))).toBe('violated');
        const judged = judgeCell(prefix).findings.find(({ invariant }) => invariant === 'INV_001');
        expect(judged?.finding.state).not.toBe('holds');
      }),
    );
  });

  test('are unknown when they throw', () => {
    const broken = {
      id: 'INV_001',
      check: () => {
        throw new Error('no such key');
      },
    } as const;
    const cell = cellOf(['ordinary']);
    expect(checkSafely(broken, cell, finalOf(cell))).toEqual({
      invariant: 'INV_001',
      state: 'unknown',
      reason: 'the checker threw: no such key',
    });
  });

  test('read a history of 10^5 events', () => {
    const lots = Array.from({ length: 13_000 }, (_, index) => fates[index % 2] ?? 'ordinary');
    const cell = cellOf(lots);
    expect(cell.events.length).toBeGreaterThan(100_000);
    const finding = checkSafely(checkers.INV_001 ?? never(), cell, finalOf(cell));
    expect(finding).toMatchObject({ state: 'violated', violations: 6500, exercised: 13_000 });
    const judged = judgeCell(cell);
    expect(judged.findings[0]?.conclusion).toBe('contrary');
    expect(judged.breaches.filter(({ book }) => book === 'surprise')).toHaveLength(25); // and so many more
  });
});

function never(): never {
  throw new Error('INV_001 has no checker');
}

/** Redraws which job moves next; each job's own events, and all others, keep their order. */
function interleave(cell: CellHistory, dice: Iterator<number>): CellHistory {
  const queues = new Map<string, HistoryEvent[]>();
  for (const event of cell.events) {
    const key = keyOf(event);
    if (key !== undefined) queues.set(key, [...(queues.get(key) ?? []), event]);
  }
  const events = cell.events.map((event): HistoryEvent => {
    if (keyOf(event) === undefined) return event;
    const waiting = [...queues.values()].filter((queue) => queue.length > 0);
    const next = waiting[Number(dice.next().value) % waiting.length]?.shift();
    if (next === undefined) throw new Error('more places than events');
    return { ...next, seq: event.seq, t: event.t };
  });
  return { spec: cell.spec, events };
}

function keyOf(event: HistoryEvent): string | undefined {
  if (event.kind === 'wire') return event.keys?.[0];
  return event.kind === 'job' ? event.key : undefined;
}

function wanted(broken: boolean, asked: boolean): string {
  if (!asked) return 'unknown';
  return broken ? 'violated' : 'holds';
}
