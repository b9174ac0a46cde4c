/**
 * The producer's connection to Redis. A command is sent at most once: what was in flight when the connection ended
 * rejects (`maxRetriesPerRequest: 0`), what could not be sent rejects at once (`enableOfflineQueue: false`). ioredis's
 * own re-sending would hide exactly the outcomes a producer has to be honest about.
 */
import { UnreachableError } from '@lab/contract';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** Connects; does not reconnect. @throws UnreachableError */
export async function connectRedis(url: string, log: Logger): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: null,
  });
  let reason: Error | undefined; // ioredis tells it to 'error' listeners only
  redis.on('error', (error: Error) => {
    reason = error;
    log.warn({ error: error.message }, 'redis connection error');
  });
  try {
    await redis.connect();
  } catch (error) {
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

/** Whether a failed command certainly had no effect: Redis refused it, or it never left this process. */
export function isDefinite(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'ReplyError' || error.message.startsWith("Stream isn't writeable"))
  );
}
