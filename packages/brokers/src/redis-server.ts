/** A live Redis as the lab uses it: key spaces of its own under a prefix, and nothing else. */
import type { Redis } from 'ioredis';

import type { Endpoint, RedisServer, TlsSettings } from './brokers.ts';
import { vhostPrefix } from './brokers.ts';
import type { Session } from './session.ts';

export interface RedisAddress {
  readonly version: string;
  readonly direct: Endpoint;
  readonly fromProxy: Endpoint;
  readonly username: string;
  readonly password: string;
  readonly database: number;
  readonly tls?: TlsSettings;
  /** True for a server that the lab did not start. */
  readonly lasting: boolean;
}

/** @param client connected to that server; the caller disconnects it. */
export function redisServer(
  address: RedisAddress,
  client: Redis,
  session: Session,
): RedisServer & { removeOwnKeys(): Promise<void> } {
  const own = new Set<string>();
  const url = (scheme: string, host: string, port: number): string => {
    const credentials =
      address.password === ''
        ? ''
        : `${encodeURIComponent(address.username)}:${encodeURIComponent(address.password)}@`;
    const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    return `${scheme}://${credentials}${bracketed}:${port}/${address.database}`;
  };
  const directUrl = url(
    address.tls === undefined ? 'redis' : 'rediss',
    address.direct.host,
    address.direct.port,
  );
  return {
    version: address.version,
    direct: address.direct,
    fromProxy: address.fromProxy,
    ...(address.tls === undefined ? {} : { tls: address.tls }),
    url: (host, port) => url('redis', host, port),
    directUrl,
    createKeyPrefix(name) {
      const prefix = `${vhostPrefix}${session.id}:${name.replace(/[^A-Za-z0-9._:-]+/g, '-')}`;
      session.register({
        kind: 'keys',
        url: directUrl,
        prefix,
        lasting: address.lasting,
        ...(address.tls === undefined ? {} : { tls: address.tls }),
      });
      own.add(prefix);
      return Promise.resolve(prefix);
    },
    async removeOwnKeys() {
      for (const prefix of own) await removeKeysUnder(client, prefix);
    },
    removeKeys(prefix) {
      if (!own.has(prefix)) {
        return Promise.reject(
          new Error(
            `${prefix} is not a key prefix of this session; its keys are not the lab's to remove`,
          ),
        );
      }
      return removeKeysUnder(client, prefix);
    },
  };
}

/**
 * Removes `prefix:*` and the hash-tagged form `{prefix}:*`, in batches, without blocking the server.
 * @returns how many keys went.
 */
export async function removeKeysUnder(client: Redis, prefix: string): Promise<number> {
  let removed = 0;
  for (const head of [prefix, `{${prefix}}`]) {
    const pattern = `${head.replace(/[\\*?[\]]/g, String.raw`\$&`)}:*`;
    let cursor = '0';
    do {
      const [next, keys] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
      if (keys.length > 0) removed += await client.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
  }
  return removed;
}
