/** The job queue on BullMQ: its name and keys, and the options that both sides must agree on. */
import { loadQueues, required, storeKeys, UnreachableError, type LoadSetting } from '@lab/contract';
import type { LoadEnvironment } from '@lab/workload';
import type { JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';

import { ownRulesOf } from './own-rules.ts';

export const queueName = loadQueues.jobs;

/** Names the backoff for which the worker asks the policy's caller. */
export const callersBackoff = 'caller';

export function keysOf(environment: LoadEnvironment): string {
  return storeKeys(required('KEY_PREFIX', environment.KEY_PREFIX)).bullmq;
}

/**
 * Options of `Queue.add`. Only `re-enqueue` lets BullMQ try again: by its own rules where the policy has such, else
 * for as long as the policy's caller says so.
 */
export function jobOptionsOf(setting: LoadSetting): JobsOptions {
  const kept = { removeOnComplete: true, removeOnFail: true, stackTraceLimit: 0 };
  if (setting.topology !== 're-enqueue') return { ...kept, attempts: 1 };
  const own = ownRulesOf(setting);
  if (own === undefined) {
    return { ...kept, attempts: setting.attempts, backoff: { type: callersBackoff } };
  }
  return {
    ...kept,
    attempts: own.attempts,
    ...(own.backoff === null ? {} : { backoff: { ...own.backoff } }),
  };
}

/**
 * Connects and keeps reconnecting.
 * @throws UnreachableError when the first connection cannot be made
 */
export async function connectRedis(
  environment: LoadEnvironment,
  log: Logger,
  options: { readonly maxRetriesPerRequest: number | null; readonly enableOfflineQueue?: boolean },
): Promise<Redis> {
  const redis = new Redis(required('REDIS_URL', environment.REDIS_URL), {
    lazyConnect: true,
    connectTimeout: 5000,
    retryStrategy: (attempt: number) => Math.min(50 * attempt, 1000),
    ...options,
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
    const { host, port } = redis.options;
    redis.disconnect();
    throw new UnreachableError(
      `cannot reach Redis at ${host}:${port}: ${String(reason ?? error)}`,
      {
        cause: reason ?? error,
      },
    );
  }
}
