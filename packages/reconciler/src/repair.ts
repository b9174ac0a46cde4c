/**
 * Takes surplus effects back, each exactly once. One script per effect checks the fencing token, looks into the
 * commit record and appends the compensation, so that a recovery may be cut at any point, run again, or raced by
 * another one, and no effect is ever compensated twice.
 *
 * Missing effects are reported and not repaired: the reconciler sees the store, not the broker, and a job without
 * an effect may still wait there, be in hand, or lie in the dead-letter queue. Applying it here would be a second
 * effect as soon as an unguarded worker gets to it. Replaying it under its own message id through the worker's
 * guard is the safe way.
 */
import { randomUUID } from 'node:crypto';

import type { Journal, LedgerEntry, StoreKeys } from '@lab/contract';
import type { Redis } from 'ioredis';

import { compensationOf, type Divergence } from './divergence.ts';
import type { RecoveryLock } from './recovery-lock.ts';

const compensate = `--[[
  Appends a compensation to the ledger unless its effect has one.
  Input:
    KEYS[1]  recovery lock  (string: fencing token of its holder)
    KEYS[2]  compensations  (hash: effect's entry id -> compensation's entry id)
    KEYS[3]  ledger         (list of JSON ledger entries)
    ARGV[1]  fencing token of the caller
    ARGV[2]  lease of the lock, ms; prolonged by every repair
    ARGV[3]  effect's entry id
    ARGV[4]  compensation's entry id
    ARGV[5]  compensation, JSON
  Output:
    1   appended
    0   the effect was taken back before, nothing was changed
    -1  the lock is not the caller's any more, nothing was changed
  The commands that the data can refuse (wrong type) come before the one that commits.
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 1 then return 0 end
redis.call('RPUSH', KEYS[3], ARGV[5])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
return 1
`;

export interface RepairOptions {
  readonly redis: Redis;
  readonly keys: StoreKeys;
  readonly lock: RecoveryLock;
  readonly lockTtlMs: number;
  /** Who signs the compensations. */
  readonly role: string;
  readonly journal: Journal;
}

/**
 * Takes back every surplus effect of the divergence; stops early when the lock was lost.
 * @returns how many compensations this call appended.
 */
export async function repair(divergence: Divergence, options: RepairOptions): Promise<number> {
  let repaired = 0;
  for (const { surplus } of divergence.duplicated) {
    for (const effect of surplus) {
      const outcome = await takeBack(effect, options);
      if (outcome === 'fenced out') return repaired;
      if (outcome === 'compensated') repaired++;
    }
  }
  return repaired;
}

async function takeBack(
  effect: LedgerEntry,
  { redis, keys, lock, lockTtlMs, role, journal }: RepairOptions,
): Promise<'compensated' | 'compensated before' | 'fenced out'> {
  const compensation = compensationOf(effect, randomUUID(), role);
  const event = { kind: 'job', op: 'repair', key: effect.key } as const;
  journal.record({ ...event, phase: 'invoke', detail: effect.entry });
  try {
    const reply = await redis.eval(
      compensate,
      3,
      keys.recoveryLock,
      keys.compensations,
      keys.ledger,
      lock.token,
      lockTtlMs,
      effect.entry,
      compensation.entry,
      JSON.stringify(compensation),
    );
    const outcome = outcomes.get(reply);
    if (outcome === undefined) throw new Error(`repair script answered ${JSON.stringify(reply)}`);
    journal.record({ ...event, phase: outcome === 'fenced out' ? 'fail' : 'ok', detail: outcome });
    return outcome;
  } catch (error) {
    journal.record({ ...event, phase: 'info', detail: String(error) });
    throw error;
  }
}

const outcomes = new Map<unknown, 'compensated' | 'compensated before' | 'fenced out'>([
  [1, 'compensated'],
  [0, 'compensated before'],
  [-1, 'fenced out'],
]);
