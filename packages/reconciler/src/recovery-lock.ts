/**
 * Keeps two recoveries apart. The lock is a lease: it ends by itself `ttlMs` after its holder last wrote, so a
 * recovery that died blocks the next one no longer than that. A lease alone is not safe, its holder may have
 * slept through its end; so each holder gets a fencing token from a counter that only grows, and every repair
 * checks in its own script that the lock still holds that token (`repair.ts`).
 */
import type { StoreKeys } from '@lab/contract';
import type { Redis } from 'ioredis';

/** `--[[ KEYS: lock, fence. ARGV: ttl ms. Output: {1, token} taken; {0, ms left} held by another. ]]` */
const take = `
local left = redis.call('PTTL', KEYS[1])
if left ~= -2 then return {0, left} end
local token = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], token, 'PX', ARGV[1])
return {1, token}
`;

/** `--[[ KEYS: lock. ARGV: token. Output: 1 released; 0 it was no longer ours, nothing was changed. ]]` */
const release = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`;

export interface RecoveryLock {
  /** The fencing token: larger than that of every earlier holder. */
  readonly token: number;
  /** Gives it back, unless it is another's by now. */
  release(): Promise<void>;
}

/** The lock stayed with another recovery for longer than a dead one could have kept it. */
export class RecoveryLockHeldError extends Error {
  override readonly name = 'RecoveryLockHeldError';
}

/**
 * Takes the lock, waiting for its holder at most twice the lease.
 * @throws RecoveryLockHeldError when another recovery is alive and keeps it.
 */
export async function takeRecoveryLock(
  redis: Redis,
  keys: StoreKeys,
  ttlMs: number,
): Promise<RecoveryLock> {
  const deadline = performance.now() + 2 * ttlMs;
  for (;;) {
    const [taken, value] = numbers(
      await redis.eval(take, 2, keys.recoveryLock, keys.recoveryFence, ttlMs),
    );
    if (taken === 1) {
      return {
        token: value,
        release: async () => void (await redis.eval(release, 1, keys.recoveryLock, value)),
      };
    }
    if (performance.now() > deadline) {
      throw new RecoveryLockHeldError(
        `another recovery still holds ${keys.recoveryLock} after ${2 * ttlMs} ms; run again when it has ended`,
      );
    }
    await until(Math.min(value + 1, 25)); // the lease's end, or an early release
  }
}

function numbers(reply: unknown): readonly [number, number] {
  if (Array.isArray(reply) && typeof reply[0] === 'number' && typeof reply[1] === 'number') {
    return [reply[0], reply[1]];
  }
  throw new Error(`lock script answered ${JSON.stringify(reply)}, expected {0|1, number}`);
}

function until(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
