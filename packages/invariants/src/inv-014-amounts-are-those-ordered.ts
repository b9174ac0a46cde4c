/**
 * INV_014, value is conserved: each effect that stands has the amount that was ordered for its key, and each compensation
 * takes back one effect of its own key, once, with that effect's amount negated. So the ledger sums to what was ordered of
 * the jobs that were done, as often as they were done; how often is INV_001's business, whether at all INV_006's.
 *
 * What was ordered stands in the cell's spec, job by job. Unknown without it, and before the queue was drained as long as
 * nothing is wrong yet: an effect that has not come could still have any amount.
 */
import type { CellSpec, Finding, LedgerEntry, Snapshot, Witness } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import { evidenceOf, seqOf } from './evidence.ts';
import { findingOf, unknown } from './finding.ts';
import { netEffects, whyNotDrained } from './net-effects.ts';
import { seqOfEntry, witnessOf } from './story.ts';

export const amountsAreThoseOrdered: Checker = { id: 'INV_014', check };

/** An entry that is not worth what it should be, and how that is said. */
interface Wrong {
  readonly entry: LedgerEntry;
  readonly says: string;
}

function check(cell: CellHistory, snapshot: Snapshot): Finding {
  const { orders } = cell.spec;
  if (orders === undefined) return unknown('INV_014', 'the cell does not say what was ordered');
  const wrong = [...wrongEffects(orders, snapshot), ...wrongCompensations(snapshot.ledger)];
  if (wrong.length === 0) {
    const reason = whyNotDrained(snapshot);
    if (reason !== null) return unknown('INV_014', reason);
  }
  return findingOf(
    'INV_014',
    snapshot.ledger.length,
    witnesses(cell, snapshot, wrong),
    'no effect was ever applied',
  );
}

function wrongEffects(orders: NonNullable<CellSpec['orders']>, snapshot: Snapshot): Wrong[] {
  const ordered = new Map(orders.map(({ key, amount }) => [key, amount]));
  return [...netEffects(snapshot.ledger).values()].flatMap(({ key, standing }) => {
    const amount = ordered.get(key);
    return standing
      .filter((entry) => entry.amount !== amount)
      .map((entry) => ({ entry, says: effectOf(entry, amount) }));
  });
}

function effectOf({ amount }: LedgerEntry, ordered: number | undefined): string {
  return ordered === undefined
    ? `an effect of ${amount} stands, and nothing was ordered under this key`
    : `an effect of ${amount} stands where ${ordered} was ordered`;
}

function wrongCompensations(ledger: readonly LedgerEntry[]): Wrong[] {
  const effects = new Map<string, LedgerEntry>();
  const takenBack = new Set<string>();
  return ledger.flatMap((entry) => {
    if (entry.kind === 'effect') {
      effects.set(entry.entry, entry);
      return [];
    }
    const effect = effects.get(entry.compensates ?? '');
    const says = compensationOf(entry, effect, takenBack.has(entry.compensates ?? ''));
    if (effect !== undefined) takenBack.add(effect.entry);
    return says === null ? [] : [{ entry, says }];
  });
}

/** @returns what is wrong with a compensation, or null */
function compensationOf(
  { key, amount }: LedgerEntry,
  effect: LedgerEntry | undefined,
  before: boolean,
): string | null {
  if (effect === undefined || effect.key !== key)
    return 'a compensation takes back no effect of it';
  if (before) return `an effect of ${effect.amount} was taken back a second time`;
  return amount === -effect.amount
    ? null
    : `an effect of ${effect.amount} was taken back with ${amount}`;
}

/** In the order in which the wrong entries became facts; last those that the wire did not see. */
function witnesses(cell: CellHistory, snapshot: Snapshot, wrong: readonly Wrong[]): Witness[] {
  const evidence = evidenceOf(cell);
  const snapshotSeq = seqOf(evidence, snapshot);
  return wrong
    .map(({ entry, says }) => {
      const seq = seqOfEntry(evidence.jobs.get(entry.key), entry.entry);
      return { entry, says, moment: seq ?? Number.POSITIVE_INFINITY };
    })
    .toSorted((a, b) => a.moment - b.moment)
    .map(({ entry, says, moment }) =>
      witnessOf(evidence, entry.key, {
        until: moment,
        ending: says,
        seqs: snapshotSeq === undefined ? [] : [snapshotSeq],
      }),
    );
}
