/** From addresses to brokers in use. Addresses are plain data, so that warm brokers can be written down. */
import { Redis } from 'ioredis';

import type {
  BrokerControl,
  Brokers,
  Endpoint,
  RuntimeKind,
  TlsSettings,
  ToxiproxyServer,
} from './brokers.ts';
import { openManagement } from './management.ts';
import { rabbitmqServer } from './rabbitmq-server.ts';
import { redisServer } from './redis-server.ts';
import type { Session } from './session.ts';

/** Where live brokers are and how to be let in. */
export interface BrokerAddresses {
  readonly runtime: RuntimeKind;
  readonly rabbitmq: {
    readonly version: string;
    readonly direct: Endpoint;
    readonly fromProxy: Endpoint;
    /** With credentials. */
    readonly managementUrl: string;
    readonly username: string;
    readonly password: string;
    readonly tls?: TlsSettings;
  };
  readonly redis: {
    readonly version: string;
    readonly direct: Endpoint;
    readonly fromProxy: Endpoint;
    readonly username: string;
    readonly password: string;
    readonly database: number;
    readonly tls?: TlsSettings;
  };
  readonly toxiproxy: ToxiproxyServer | null;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Connection {
  readonly addresses: BrokerAddresses;
  readonly session: Session;
  readonly warm: boolean;
  readonly why: string;
  /** Given for brokers that were started for this run. */
  readonly control?: BrokerControl;
  /** Ends what was started for this run; nothing for warm and attached brokers. */
  readonly stop: () => Promise<void>;
  /** True: disposing closes connections and leaves everything else in place. */
  readonly keep?: boolean;
}

/** Brokers for one run. Disposing them removes the session's own vhosts and keys, then stops what was started. */
export function connect(connection: Connection): Brokers {
  const { addresses, session } = connection;
  const lasting = addresses.runtime === 'attached';
  const outlive = connection.warm || lasting;
  if (outlive && addresses.toxiproxy !== null) {
    session.register({ kind: 'proxies', apiUrl: addresses.toxiproxy.apiUrl });
  }
  const management = openManagement(addresses.rabbitmq.managementUrl, addresses.rabbitmq.tls);
  const redis = new Redis({
    host: addresses.redis.direct.host,
    port: addresses.redis.direct.port,
    username: addresses.redis.username,
    password: addresses.redis.password,
    db: addresses.redis.database,
    lazyConnect: true, // opened by the first command
    maxRetriesPerRequest: 1,
    ...(addresses.redis.tls === undefined ? {} : { tls: { ...addresses.redis.tls } }),
  });
  redis.on('error', () => undefined); // the command that meets the error reports it
  const rabbitmqUse = rabbitmqServer({ ...addresses.rabbitmq, lasting }, management, session);
  const redisUse = redisServer({ ...addresses.redis, lasting }, redis, session);
  let disposed: Promise<void> | undefined;

  async function dispose(): Promise<void> {
    try {
      if (outlive && connection.keep !== true) {
        await rabbitmqUse.removeOwnVhosts();
        await redisUse.removeOwnKeys();
      } // else they end with their broker
    } finally {
      management[Symbol.dispose]();
      redis.disconnect();
      if (connection.keep !== true) await connection.stop();
    }
  }

  return {
    runtime: addresses.runtime,
    warm: connection.warm,
    why: connection.why,
    rabbitmq: rabbitmqUse,
    redis: redisUse,
    toxiproxy: addresses.toxiproxy,
    control: connection.control ?? null,
    versions: addresses.versions,
    [Symbol.asyncDispose]: () => (disposed ??= dispose()),
  };
}
