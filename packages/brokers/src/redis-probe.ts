/** One question to a Redis, over a connection of its own that is closed at once. */
import { Redis } from 'ioredis';

import type { Endpoint, TlsSettings } from './brokers.ts';

export interface RedisTarget {
  readonly direct: Endpoint;
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
  readonly tls?: TlsSettings;
}

/**
 * Connects without retrying, asks, disconnects.
 * @throws what the connection or the question failed with; the first error of the socket, not ioredis's later one.
 */
export async function askRedis<Answer>(
  target: RedisTarget,
  question: (client: Redis) => Promise<Answer>,
  limitMs = 3000,
): Promise<Answer> {
  const client = new Redis({
    host: target.direct.host,
    port: target.direct.port,
    ...(target.password ? { password: target.password } : {}),
    ...(target.username ? { username: target.username } : {}),
    db: target.database ?? 0,
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    connectTimeout: limitMs,
    commandTimeout: limitMs,
    ...(target.tls === undefined ? {} : { tls: { ...target.tls } }),
  });
  let first: unknown;
  client.on('error', (error) => (first ??= error));
  try {
    await client.connect();
    return await question(client);
  } catch (error) {
    throw first ?? error;
  } finally {
    client.disconnect();
  }
}

/** @returns whether it answers a PING. */
export async function pingRedis(target: RedisTarget): Promise<boolean> {
  try {
    return (await askRedis(target, (client) => client.ping())) === 'PONG';
  } catch {
    return false;
  }
}

/** One field of the reply to `INFO`. */
export function infoField(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1];
}
