/**
 * INV_001: an effect happens at most once per logical job. Judged on the final ledger, read by the lab:
 * net effects per key, effects minus compensations that refer to them. The wire only tells the story.
 * A duplicate that stands is a violation whether or not the queue was drained; that there is none is
 * only known once it was.
 */
import type { Finding, Snapshot } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import { evidenceOf, seqOf, type Evidence } from './evidence.ts';
import { findingOf, unknown } from './finding.ts';
import { netEffects, whyNotDrained, type KeyEffects } from './net-effects.ts';
import { seqOfEntry, seqOfNthEffect, witnessOf } from './story.ts';

export const effectAtMostOnce: Checker = { id: 'INV_001', check };

function check(cell: CellHistory, snapshot: Snapshot): Finding {
  const evidence = evidenceOf(cell);
  const effects = netEffects(snapshot.ledger);
  const duplicated = [...effects.values()].filter(({ standing }) => standing.length > 1);
  if (duplicated.length === 0) {
    const reason = whyNotDrained(snapshot);
    if (reason !== null) return unknown('INV_001', reason);
  }
  const witnesses = duplicated
    .map((key) => ({ moment: momentOf(evidence, key), key }))
    .toSorted((a, b) => a.moment - b.moment)
    .map(({ moment, key }) => witness(evidence, snapshot, key, moment));
  return findingOf('INV_001', effects.size, witnesses, 'no effect was ever applied');
}

/** When the second effect that stands became a fact; last of all where the wire did not see it. */
function momentOf(evidence: Evidence, { key, standing }: KeyEffects): number {
  const job = evidence.jobs.get(key);
  const entry = standing[1]?.entry;
  const seen = entry === undefined ? undefined : seqOfEntry(job, entry);
  return seen ?? seqOfNthEffect(job, 2) ?? Number.POSITIVE_INFINITY;
}

function witness(evidence: Evidence, snapshot: Snapshot, effects: KeyEffects, moment: number) {
  const snapshotSeq = seqOf(evidence, snapshot);
  const unseen = moment === Number.POSITIVE_INFINITY;
  return witnessOf(evidence, effects.key, {
    until: moment,
    ...(unseen ? { ending: `${effects.standing.length} effects stand in the ledger` } : {}),
    seqs: snapshotSeq === undefined ? [] : [snapshotSeq],
  });
}
