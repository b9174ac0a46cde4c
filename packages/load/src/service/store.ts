/**
 * The store behind the last hop of `layers`: a request's work is one write. A write that cannot be made at once is an
 * error at once, and is never sent again: it is the callers' policies that are measured, not the library's.
 */
import { monotonicMs, UnreachableError, type LoadSetting } from '@lab/contract';
import { failsAtRandom } from '@lab/workload';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';

import type { Work } from './work.ts';

export interface StoreOptions {
  readonly url: string;
  readonly prefix: string;
  readonly setting: LoadSetting;
  readonly log: Logger;
}

/** @throws UnreachableError when the store cannot be reached at the start */
export async function storing({ url, prefix, setting, log }: StoreOptions): Promise<Work> {
  const redis = await connect(url, writeLimitMs(setting), log);
  return async ({ job, attempt }) => {
    const written = await redis.hincrby(`{${prefix}}:served`, String(job), 1).then(
      () => true,
      (error: unknown) => {
        log.debug({ job, attempt, error: String(error) }, 'write failed');
        return false;
      },
    );
    const failed = !written || failsAtRandom(setting, job, attempt);
    return { outcome: failed ? 'error' : 'ok', endedAt: monotonicMs() };
  };
}

/** Short beside the callers' patience, so that the error is there before they have given up. */
function writeLimitMs({ timeoutMs }: LoadSetting): number {
  return Math.min(100, timeoutMs / 4);
}

async function connect(url: string, limitMs: number, log: Logger): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 1000,
    commandTimeout: limitMs,
    maxRetriesPerRequest: 0, // with the next: what is in flight when the connection ends, or was not sent, rejects
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
  });
  let reason: Error | undefined; // ioredis tells it to 'error' listeners only
  redis.on('error', (error: Error) => {
    reason = error;
    log.warn({ error: error.message }, 'redis connection error');
  });
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    const { host, port } = redis.options;
    const why = String(reason ?? error);
    throw new UnreachableError(`cannot reach Redis at ${host}:${port}: ${why}`, { cause: error });
  }
}
