/** One recovery: look, repair under the lock, look again. Running it again changes nothing. */
import { parseJob, parseLedgerEntry, type Journal, type StoreKeys } from '@lab/contract';
import type { Redis } from 'ioredis';

import { findDivergence, type Divergence } from './divergence.ts';
import { takeRecoveryLock } from './recovery-lock.ts';
import { repair } from './repair.ts';

export interface ReconcileOptions {
  readonly redis: Redis;
  readonly keys: StoreKeys;
  readonly role: string;
  readonly lockTtlMs: number;
  readonly journal: Journal;
}

export interface Reconciliation {
  readonly found: Divergence;
  /** Compensations appended by this run. */
  readonly repaired: number;
  /** What is left; looked up after the repair, not computed. */
  readonly remaining: Divergence;
}

/** @throws RecoveryLockHeldError, or whatever the store throws; then nothing is half done. */
export async function reconcile(options: ReconcileOptions): Promise<Reconciliation> {
  const { redis, keys, lockTtlMs } = options;
  const lock = await takeRecoveryLock(redis, keys, lockTtlMs);
  const found = await look(redis, keys);
  const repaired = await repair(found, { ...options, lock });
  const remaining = await look(redis, keys);
  await lock.release(); // not in a `finally`: after an error the connection is gone, and the lease ends by itself
  return { found, repaired, remaining };
}

async function look(redis: Redis, keys: StoreKeys): Promise<Divergence> {
  // In one transaction: both lists as they were at one moment.
  const replies = await redis
    .multi()
    .lrange(keys.accepted, 0, -1)
    .lrange(keys.ledger, 0, -1)
    .exec();
  const [accepted, ledger] = (replies ?? []).map(([error, lines]) => {
    if (error !== null) throw error;
    return lines;
  });
  return findDivergence(
    linesOf(accepted).map((line) => parseJob(line)),
    linesOf(ledger).map((line) => parseLedgerEntry(line)),
  );
}

function linesOf(reply: unknown): string[] {
  if (!Array.isArray(reply)) throw new Error('the store did not answer with a list');
  return reply.map(String);
}
