/** The lab's own connections to Redis, which no fault touches. A server that is gone fails a command; nobody waits for it. */
import type { RedisServer } from '@lab/brokers';
import { Redis } from 'ioredis';

/** No answer of a server that works takes longer, ms. */
export const answerLimitMs = 5000;

export function connectRedis({ directUrl, tls }: Pick<RedisServer, 'directUrl' | 'tls'>): Redis {
  const redis = new Redis(directUrl, {
    // enough for a server that is started again, and an end for one that is not
    maxRetriesPerRequest: 10,
    retryStrategy: () => 200,
    connectTimeout: answerLimitMs,
    commandTimeout: answerLimitMs,
    ...(tls === undefined ? {} : { tls: { ...tls } }),
  });
  redis.on('error', () => undefined); // the command that meets it says it
  return redis;
}
