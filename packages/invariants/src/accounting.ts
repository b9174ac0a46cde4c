/**
 * Total-queue accounting in Jepsen's words with Jepsen's definitions (`jepsen.checker/total-queue`), where
 * an enqueue is a publish by business key and a dequeue is what became of the job in the final state: its
 * net effects, or its place in the dead-letter queue.
 *
 *   attempted     keys whose publish crossed to the broker
 *   acknowledged  attempted keys whose confirm crossed back
 *   ok            attempted and dequeued
 *   lost          acknowledged and never dequeued
 *   unexpected    dequeued, but never attempted
 *   duplicated    dequeues beyond the first of an attempted key
 *   recovered     ok, though never acknowledged
 *
 * Needs a full drain: before that `lost` would be a guess.
 */
import type { Snapshot } from '@lab/contract';

import type { CellHistory } from './cell-history.ts';
import { evidenceOf, isAccepted, isAttempted } from './evidence.ts';
import { netEffects, whyNotDrained } from './net-effects.ts';

export interface Tally {
  /** Occurrences, so that two extra effects of one key count twice. */
  readonly count: number;
  /** Distinct keys, in order of first mention. */
  readonly keys: readonly string[];
}

export type Accounting =
  | {
      readonly kind: 'known';
      readonly attempted: Tally;
      readonly acknowledged: Tally;
      readonly ok: Tally;
      readonly lost: Tally;
      readonly unexpected: Tally;
      readonly duplicated: Tally;
      readonly recovered: Tally;
      readonly deadLettered: Tally;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

/** @returns the counts at a snapshot, or why there are none. */
export function accounting(cell: CellHistory, snapshot: Snapshot): Accounting {
  const reason = whyNotDrained(snapshot);
  if (reason !== null) return { kind: 'unknown', reason };

  const dead = occurrences(snapshot.dead);
  const dequeued = new Map(dead);
  for (const { key, standing } of netEffects(snapshot.ledger).values()) {
    dequeued.set(key, (dequeued.get(key) ?? 0) + standing.length);
  }
  const tally = {
    attempted: new Tallying(),
    acknowledged: new Tallying(),
    ok: new Tallying(),
    lost: new Tallying(),
    unexpected: new Tallying(),
    duplicated: new Tallying(),
    recovered: new Tallying(),
    deadLettered: new Tallying(),
  };
  const attempted = new Set<string>();
  for (const job of evidenceOf(cell).jobs.values()) {
    if (!isAttempted(job)) continue;
    const { key } = job;
    const acknowledged = isAccepted(job);
    const times = dequeued.get(key) ?? 0;
    attempted.add(key);
    tally.attempted.add(key, 1);
    if (acknowledged) tally.acknowledged.add(key, 1);
    if (times > 0) tally.ok.add(key, 1);
    if (times > 0 && !acknowledged) tally.recovered.add(key, 1);
    if (times === 0 && acknowledged) tally.lost.add(key, 1);
    tally.duplicated.add(key, times - 1);
  }
  for (const [key, times] of dequeued) if (!attempted.has(key)) tally.unexpected.add(key, times);
  for (const [key, times] of dead) tally.deadLettered.add(key, times);
  return { kind: 'known', ...tally };
}

class Tallying implements Tally {
  count = 0;
  readonly keys: string[] = [];

  add(key: string, times: number): void {
    if (times <= 0) return;
    this.count += times;
    this.keys.push(key);
  }
}

function occurrences(keys: readonly string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
  return times;
}
