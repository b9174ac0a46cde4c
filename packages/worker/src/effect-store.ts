/**
 * The store the effects go to, over a connection of its own. Its one rule: a command is sent at most once.
 * ioredis re-sends by default what was in flight when a connection ended, and a re-sent RPUSH is a second
 * effect nobody asked for. So:
 *   maxRetriesPerRequest 0     what is in flight when the connection ends rejects, and is never sent again
 *   enableOfflineQueue false   what was never sent rejects at once, and is never sent later
 *   socketTimeout              a half-open connection is closed, which rejects what is in flight (see above)
 */
import { storeKeys, UnreachableError, type StoreKeys } from '@lab/contract';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';

export interface EffectStore {
  readonly redis: Redis;
  readonly keys: StoreKeys;
  /** Resolves when the connection can carry commands. @throws when it cannot within the effect's time limit. */
  ready(): Promise<void>;
  close(): void;
}

export interface EffectStoreOptions {
  readonly url: string;
  readonly prefix: string;
  /** Longest silence of the store before its connection is given up, ms. */
  readonly timeoutMs: number;
  readonly log: Logger;
}

/** Connects. @throws UnreachableError when the store cannot be reached. */
export async function openEffectStore(options: EffectStoreOptions): Promise<EffectStore> {
  const { timeoutMs, log } = options;
  const redis = await connectRedis(
    new Redis(options.url, {
      lazyConnect: true,
      connectTimeout: 5000,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      socketTimeout: timeoutMs,
      retryStrategy: reconnectDelayMs,
    }),
    log.child({ connection: 'effects' }),
  );
  return {
    redis,
    keys: storeKeys(options.prefix),
    ready: () => whenReady(redis, timeoutMs),
    close: () => redis.disconnect(),
  };
}

/**
 * Makes the first connection of a client created with `lazyConnect`, so that a refused one is an error at start
 * and not a silent retry.
 * @throws UnreachableError with the reason, which ioredis itself only tells its 'error' listeners.
 */
export async function connectRedis(redis: Redis, log: Logger): Promise<Redis> {
  let reason: Error | undefined;
  redis.on('error', (error: Error) => {
    reason = error;
    log.warn({ error: error.message }, 'redis connection error');
  });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    const { host, port } = redis.options;
    throw new UnreachableError(
      `cannot reach Redis at ${host}:${port}: ${String(reason ?? error)}`,
      {
        cause: reason ?? error,
      },
    );
  }
  return redis;
}

/** Bounded exponential backoff: 50, 100, 200 … 1000 ms. */
export function reconnectDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** (attempt - 1), 1000);
}

/**
 * Whether a failed command certainly had no effect: Redis refused it, or it never left this process.
 * Everything else (connection ended, timeout) is indefinite: it may have happened.
 */
export function isDefinite(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'ReplyError' || error.message.startsWith("Stream isn't writeable"))
  );
}

async function whenReady(redis: Redis, limitMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new Error(`the effect store did not come back within ${limitMs} ms`)),
    limitMs,
  );
  redis.once('ready', resolve);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    redis.off('ready', resolve);
  }
}
