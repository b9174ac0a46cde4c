/**
 * INV_012, conservation: each accepted message is in exactly one of ready, in flight, effected, dead-lettered.
 *
 * The places, at a snapshot with every worker stopped or the queue drained:
 * - queued (ready or in flight): the broker's counts, which carry no keys;
 * - dead: the key is in the dead-letter queue;
 * - effected: a net effect of the key stands, and its message has left the queue (a settle or reject crossed
 *   the wire, or the queue is empty). An effect whose ack never came leaves the message queued: one place.
 *
 * Violated when
 * - a key is dead more than once, or dead and effected: two places;
 * - more keys have no place than the queue holds messages: the rest vanished (a job that was acknowledged
 *   without its effect was consumed, and is nowhere);
 * - the queue holds more messages than were published and not yet consumed: messages out of nothing.
 *
 * A duplicate effect is one message effected twice, not two places: that is INV_001's business.
 */
import type { Finding, Snapshot, Witness } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import { acceptedKeys, crossings, evidenceOf, seqOf, type Evidence } from './evidence.ts';
import { count, findingOf, unknown } from './finding.ts';
import { netEffects, whyNotDrained } from './net-effects.ts';
import { witnessOf } from './story.ts';

export const messageInOnePlace: Checker = { id: 'INV_012', check };

function check(cell: CellHistory, snapshot: Snapshot): Finding {
  // Stopped workers are enough: what is still queued then is counted.
  if (!snapshot.drained) return unknown('INV_012', whyNotDrained(snapshot) ?? 'not drained');
  const evidence = evidenceOf(cell);
  const accepted = acceptedKeys(evidence);
  const places = placesOf(evidence, snapshot);
  const witnesses = [
    ...inTwoPlaces(accepted, places, evidence),
    ...vanished(accepted, places, evidence, snapshot),
    ...outOfNothing(places, evidence, snapshot),
  ];
  return findingOf('INV_012', accepted.length, witnesses, 'no job was ever accepted');
}

interface Places {
  readonly dead: ReadonlyMap<string, number>;
  readonly effected: ReadonlySet<string>;
  readonly queued: number;
}

function placesOf(evidence: Evidence, snapshot: Snapshot): Places {
  const queued = snapshot.ready + snapshot.unacknowledged;
  const dead = new Map<string, number>();
  for (const key of snapshot.dead) dead.set(key, (dead.get(key) ?? 0) + 1);
  const effected = new Set<string>();
  for (const { key, standing } of netEffects(snapshot.ledger).values()) {
    if (standing.length > 0 && (queued === 0 || hasLeft(evidence, key))) effected.add(key);
  }
  return { dead, effected, queued };
}

function hasLeft(evidence: Evidence, key: string): boolean {
  const job = evidence.jobs.get(key);
  return job !== undefined && crossings(job, 'settle', 'reject').length > 0;
}

function inTwoPlaces(accepted: readonly string[], places: Places, evidence: Evidence): Witness[] {
  return accepted.flatMap((key) => {
    const copies = places.dead.get(key) ?? 0;
    if (copies > 1) return [witnessOf(evidence, key, { ending: `dead-lettered ${copies} times` })];
    if (copies === 1 && places.effected.has(key)) {
      return [witnessOf(evidence, key, { ending: 'both effected and dead-lettered' })];
    }
    return [];
  });
}

/** The queue may hold some of the placeless keys, but not more of them than it has messages. */
function vanished(
  accepted: readonly string[],
  { dead, effected, queued }: Places,
  evidence: Evidence,
  snapshot: Snapshot,
): Witness[] {
  const nowhere = accepted.filter((key) => !dead.has(key) && !effected.has(key));
  if (nowhere.length <= queued) return [];
  const snapshotSeq = seqOf(evidence, snapshot);
  // Those seen leaving the queue are certainly not in it; name them first.
  const certain = nowhere.filter((key) => hasLeft(evidence, key));
  const possible = nowhere.filter((key) => !hasLeft(evidence, key));
  return [...certain, ...possible].slice(0, nowhere.length - queued).map((key) =>
    witnessOf(evidence, key, {
      ending: 'neither queued, effected nor dead-lettered',
      seqs: snapshotSeq === undefined ? [] : [snapshotSeq],
    }),
  );
}

function outOfNothing(
  { dead, effected, queued }: Places,
  evidence: Evidence,
  snapshot: Snapshot,
): Witness[] {
  let published = 0;
  let consumed = 0;
  for (const job of evidence.jobs.values()) {
    published += crossings(job, 'publish').length;
    if (dead.has(job.key) || effected.has(job.key)) consumed += 1;
  }
  const possible = Math.max(0, published - consumed);
  if (queued <= possible) return [];
  const snapshotSeq = seqOf(evidence, snapshot);
  return [
    {
      key: 'queue',
      seqs: snapshotSeq === undefined ? [] : [snapshotSeq],
      story: `the queue holds ${count(queued, 'message')}; at most ${possible} can be left of what was published`,
    },
  ];
}
