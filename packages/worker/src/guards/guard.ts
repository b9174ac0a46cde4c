/**
 * What stands between a delivery and its effect. A guard is given the effect as the ledger entry it would
 * append and decides, in whatever way it believes in, whether to append it.
 */
import type { LedgerEntry } from '@lab/contract';

import type { EffectStore } from '../effect-store.ts';

/** What the transport says about a delivery, beside the job itself. */
export interface DeliveryMarks {
  /** The transport believes that this job was delivered before. */
  readonly redelivered: boolean;
}

/**
 * `applied`: this call appended the effect. `duplicate`: the effect was there already.
 * `skipped`: the guard decided against it without knowing that the effect is there.
 */
export type GuardOutcome = 'applied' | 'duplicate' | 'skipped';

/**
 * Applies the effect, or does not.
 * @throws whatever the store throws; `isDefinite` tells whether the effect may have happened all the same.
 */
export type Guard = (effect: LedgerEntry, marks: DeliveryMarks) => Promise<GuardOutcome>;

/** Made once per process, so that a guard can keep what it keeps in memory or load its script. */
export type CreateGuard = (store: EffectStore) => Guard | Promise<Guard>;

/** The bare effect: one line appended to the ledger. */
export async function append(store: EffectStore, effect: LedgerEntry): Promise<void> {
  await store.redis.rpush(store.keys.ledger, JSON.stringify(effect));
}
