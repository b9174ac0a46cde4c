/**
 * INV_006: what was acknowledged is eventually effected or dead-lettered. Accepted means that the broker's
 * confirm crossed down to the producer. Needs a drained, empty queue: before that, absence proves nothing.
 */
import type { Finding, Snapshot } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import { acceptedKeys, evidenceOf, seqOf } from './evidence.ts';
import { findingOf, unknown } from './finding.ts';
import { missingKeys, whyNotDrained } from './net-effects.ts';
import { witnessOf } from './story.ts';

export const acceptedWorkIsEffected: Checker = { id: 'INV_006', check };

function check(cell: CellHistory, snapshot: Snapshot): Finding {
  const reason = whyNotDrained(snapshot);
  if (reason !== null) return unknown('INV_006', reason);
  const evidence = evidenceOf(cell);
  const snapshotSeq = seqOf(evidence, snapshot);
  const witnesses = missingKeys(evidence, snapshot)
    .map((key) =>
      witnessOf(evidence, key, {
        ending: 'and no effect in the ledger',
        seqs: snapshotSeq === undefined ? [] : [snapshotSeq],
      }),
    )
    .toSorted((a, b) => lastSeqBefore(a.seqs, snapshotSeq) - lastSeqBefore(b.seqs, snapshotSeq));
  return findingOf('INV_006', acceptedKeys(evidence).length, witnesses, 'no job was ever accepted');
}

/** When a lost job was last heard of: the loss became final there. */
function lastSeqBefore(seqs: readonly number[], snapshotSeq: number | undefined): number {
  return seqs.findLast((seq) => seq !== snapshotSeq) ?? Number.POSITIVE_INFINITY;
}
