import type { Finding, LedgerEntry, Snapshot } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import type { CellHistory } from './cell-history.ts';
import { mergeCells, type CellScript } from './history-script.ts';
import { splitCells } from './index.ts';
import { amountsAreThoseOrdered } from './inv-014-amounts-are-those-ordered.ts';
import {
  ackLost,
  cellOf,
  effectAgain,
  keysOf,
  observed,
  recovered,
  struck,
} from './scripted-cells.ts';

/** The cell as it was played, with 100 ordered of each job and effected as often as it was. */
function ordered(script: CellScript): { cell: CellHistory; snapshot: Snapshot } {
  const [cell] = splitCells(mergeCells([script]));
  const snapshot = cell?.events.findLast((event) => event.kind === 'snapshot')?.snapshot;
  if (cell === undefined || snapshot === undefined) throw new Error('no cell with a snapshot');
  const orders = keysOf(cell.spec.jobs).map((key) => ({ key, amount: 100 }));
  const ledger = snapshot.ledger.map((entry) => ({
    ...entry,
    amount: entry.kind === 'effect' ? 100 : -100,
  }));
  return {
    cell: { ...cell, spec: { ...cell.spec, orders } },
    snapshot: { ...snapshot, ledger },
  };
}

function judge(script: CellScript, change: (ledger: LedgerEntry[]) => void = () => {}): Finding {
  const { cell, snapshot } = ordered(script);
  const ledger = structuredClone(snapshot.ledger);
  change(ledger);
  return amountsAreThoseOrdered.check(cell, { ...snapshot, ledger });
}

const story = (finding: Finding): string | undefined =>
  finding.state === 'violated' ? finding.witnesses[0]?.story : finding.state;

const honest = (): CellScript => observed(cellOf({}, null));
const twice = (): CellScript => observed(cellOf({ fault: 'ack-lost' }, ackLost(effectAgain)));
const restored = (): CellScript =>
  recovered(cellOf({ role: 'recover', fault: 'ack-lost' }, ackLost(effectAgain)));

/** The entry of a ledger that takes another back. */
function compensationIn(ledger: LedgerEntry[]): LedgerEntry {
  const found = ledger.find(({ kind }) => kind === 'compensation');
  if (found === undefined) throw new Error('nothing was taken back');
  return found;
}

describe('INV_014', () => {
  test('holds where every effect has the amount that was ordered', () => {
    expect(judge(honest())).toMatchObject({ state: 'holds', exercised: 6 });
  });

  test('asks of a compensation that it takes back what it refers to', () => {
    expect(judge(restored()).state).toBe('holds');
  });

  test('is broken by an effect of another amount, and names it', () => {
    const finding = judge(honest(), (ledger) => {
      const [, , third] = ledger;
      if (third !== undefined) third.amount = 999;
    });
    expect(finding).toMatchObject({ state: 'violated', violations: 1 });
    expect(story(finding)).toMatch(
      /^job-0003: .*effect by worker-1.*an effect of 999 stands where 100 was ordered$/,
    );
  });

  test('is broken by either of two effects, the second too', () => {
    const finding = judge(twice(), (ledger) => {
      const second = ledger.findLast(({ key }) => key === struck);
      if (second !== undefined) second.amount *= 2;
    });
    expect(finding).toMatchObject({ violations: 1, witnesses: [{ key: struck }] });
  });

  test('leaves an amount alone that was taken back for what it was', () => {
    const finding = judge(restored(), (ledger) => {
      const back = compensationIn(ledger);
      back.amount *= 2;
      const effect = ledger.find(({ entry }) => entry === back.compensates);
      if (effect !== undefined) effect.amount *= 2;
    });
    expect(finding.state).toBe('holds');
  });

  test('is broken by a compensation that gives instead of taking', () => {
    const finding = judge(restored(), (ledger) => {
      const back = compensationIn(ledger);
      back.amount = -back.amount;
    });
    expect(story(finding)).toMatch(/an effect of 100 was taken back with 100$/);
  });

  test('is broken by taking the same effect back twice', () => {
    const finding = judge(restored(), (ledger) => {
      ledger.push({ ...compensationIn(ledger), entry: 'once more' });
    });
    expect(story(finding)).toMatch(/was taken back a second time$/);
  });

  test('is broken by a compensation of nothing, of what comes later, and of another key', () => {
    for (const compensates of ['no such entry', 'entry-1']) {
      const finding = judge(restored(), (ledger) => {
        compensationIn(ledger).compensates = compensates;
      });
      expect(story(finding)).toMatch(/a compensation takes back no effect of it$/);
    }
    const early = judge(restored(), (ledger) => void ledger.unshift(...ledger.splice(-1)));
    expect(story(early)).toMatch(/a compensation takes back no effect of it$/);
  });

  test('is broken by an effect under a key that was never ordered', () => {
    const finding = judge(honest(), (ledger) => {
      const [first] = ledger;
      if (first !== undefined) ledger.push({ ...first, entry: 'stray', key: 'job-9999' });
    });
    expect(story(finding)).toMatch(/^job-9999: .*nothing was ordered under this key$/);
  });

  test('is unknown without orders, without an effect, and while the queue is not drained', () => {
    const { cell, snapshot } = ordered(honest());
    const { orders: _orders, ...spec } = cell.spec;
    const states = [
      amountsAreThoseOrdered.check({ ...cell, spec }, snapshot),
      amountsAreThoseOrdered.check(cell, { ...snapshot, ledger: [] }),
      amountsAreThoseOrdered.check(cell, { ...snapshot, ready: 1 }),
    ].map(({ state }) => state);
    expect(states).toEqual(['unknown', 'unknown', 'unknown']);
  });

  test('is broken by what stands although the queue is not drained', () => {
    const { cell, snapshot } = ordered(honest());
    const ledger = snapshot.ledger.map((entry) => ({ ...entry, amount: entry.amount + 1 }));
    const finding = amountsAreThoseOrdered.check(cell, { ...snapshot, ready: 1, ledger });
    expect(finding).toMatchObject({ state: 'violated', violations: 6 });
  });
});
