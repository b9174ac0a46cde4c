/**
 * INV_006: what was acknowledged is eventually effected or dead-lettered. Accepted means that the broker's
 * confirm crossed down to the producer. A dead letter discharges it only for a job that is declared poison, or
 * whose handler failed as often as the cell allows (`attempts`); one that was given up for another's crash, a
 * count of stalls or a SIGTERM is lost, however well it is kept. What counts as a failure of a handler says
 * `failed-attempts.ts`.
 *
 * Needs a drained, empty queue: before that, absence proves nothing. Unknown too where a job was given up and
 * the cell does not say how often its handler may fail.
 */
import type { Finding, Snapshot } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import { acceptedKeys, evidenceOf, seqOf, type Evidence } from './evidence.ts';
import { failedAttempts } from './failed-attempts.ts';
import { count, findingOf, unknown } from './finding.ts';
import { missingKeys, netEffects, whyNotDrained } from './net-effects.ts';
import { witnessOf } from './story.ts';

export const acceptedWorkIsEffected: Checker = { id: 'INV_006', check };

function check(cell: CellHistory, snapshot: Snapshot): Finding {
  const reason = whyNotDrained(snapshot);
  if (reason !== null) return unknown('INV_006', reason);
  const { attempts } = cell.spec;
  const evidence = evidenceOf(cell);
  const givenUp = deadWithoutCause(cell, evidence, snapshot);
  const lost = [
    ...missingKeys(evidence, snapshot).map((key) => ({
      key,
      ending: 'and no effect in the ledger',
    })),
    ...(attempts === undefined
      ? []
      : givenUp
          .filter(({ failures }) => failures < attempts)
          .map(({ key, failures }) => ({
            key,
            ending: `dead-lettered after ${count(failures, 'failure')} of its handler, ${attempts} are allowed`,
          }))),
  ];
  if (lost.length === 0 && attempts === undefined && givenUp.length > 0) {
    const keys = givenUp.map(({ key }) => key).join(', ');
    return unknown(
      'INV_006',
      `the cell does not say how often a handler may fail (attempts), and ${keys} was given up`,
    );
  }
  const snapshotSeq = seqOf(evidence, snapshot);
  const witnesses = lost
    .map(({ key, ending }) =>
      witnessOf(evidence, key, {
        ending,
        seqs: snapshotSeq === undefined ? [] : [snapshotSeq],
      }),
    )
    .toSorted((a, b) => lastSeqBefore(a.seqs, snapshotSeq) - lastSeqBefore(b.seqs, snapshotSeq));
  return findingOf('INV_006', acceptedKeys(evidence).length, witnesses, 'no job was ever accepted');
}

/** Accepted jobs that are dead, have no effect and are not declared poison, with how often their handlers failed. */
function deadWithoutCause(
  cell: CellHistory,
  evidence: Evidence,
  snapshot: Snapshot,
): { key: string; failures: number }[] {
  if (snapshot.dead.length === 0) return [];
  const dead = new Set(snapshot.dead);
  const poison = new Set(cell.spec.poison);
  const effects = netEffects(snapshot.ledger);
  return acceptedKeys(evidence).flatMap((key) => {
    const done = (effects.get(key)?.standing.length ?? 0) > 0;
    if (!dead.has(key) || poison.has(key) || done) return [];
    const job = evidence.jobs.get(key);
    return [{ key, failures: job === undefined ? 0 : failedAttempts(evidence, job).length }];
  });
}

/** When a lost job was last heard of: the loss became final there. */
function lastSeqBefore(seqs: readonly number[], snapshotSeq: number | undefined): number {
  return seqs.findLast((seq) => seq !== snapshotSeq) ?? Number.POSITIVE_INFINITY;
}
