/**
 * What a run gets from this package: one RabbitMQ, one Redis and, where there is one, a Toxiproxy server,
 * wherever they come from. Two addresses matter for each server: how this process reaches it, and how
 * Toxiproxy does (they differ when Toxiproxy runs in a container).
 */

export type RuntimeKind = 'containers' | 'local' | 'attached';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How to dial a server that speaks TLS; fits `tls.connect`, amqplib's socket options and ioredis's `tls`. */
export interface TlsSettings {
  /** Name to ask for and to verify; absent for a server known by its address, whose certificate must name that. */
  readonly servername?: string;
  /** PEM of the certificate authority to trust, when it is not one of the system's. */
  readonly ca?: string;
  readonly rejectUnauthorized: boolean;
}

export interface Brokers extends AsyncDisposable {
  readonly runtime: RuntimeKind;
  /** True when they ran before this run and will run after it (`fm up`). */
  readonly warm: boolean;
  /** Why this runtime was chosen, one sentence. */
  readonly why: string;
  readonly rabbitmq: RabbitmqServer;
  readonly redis: RedisServer;
  /** Null where no Toxiproxy is to be had; the caller uses the embedded stand-in. */
  readonly toxiproxy: ToxiproxyServer | null;
  /** Null for brokers that others use too (warm, attached): the lab does not harm what it did not start. */
  readonly control: BrokerControl | null;
  /** Versions by name: `rabbitmq`, `erlang`, `redis`, `toxiproxy`. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface ToxiproxyServer {
  readonly apiUrl: string;
  readonly version: string;
  /** The address its proxies are to listen on; unless `ports` is given, it can be dialled from here as it is. */
  readonly listenHost: string;
  /** Set where only these of its ports can be reached from here: what to tell Toxiproxy, and what to dial. */
  readonly ports?: readonly ProxyPort[];
}

export interface ProxyPort {
  readonly container: number;
  readonly host: number;
  /** Default 127.0.0.1. */
  readonly hostName?: string;
}

/** What may be done to brokers that this very run started. */
export interface BrokerControl {
  /** Kills the server at once and starts it again at the same address; resolves when it serves. */
  restart(server: 'rabbitmq' | 'redis'): Promise<void>;
  /** Raises RabbitMQ's memory alarm by setting its high watermark to nought, or puts the watermark back. */
  setMemoryAlarm(alarm: 'on' | 'off'): Promise<void>;
  /** Whether RabbitMQ reports a memory alarm now. */
  hasMemoryAlarm(): Promise<boolean>;
}

export interface RabbitmqServer {
  readonly version: string;
  /** As this process reaches it. */
  readonly direct: Endpoint;
  /** As Toxiproxy reaches it; for the stand-in the same as `direct`. */
  readonly fromProxy: Endpoint;
  /** Set when the server speaks TLS: the tap dials with it, clients of the tap speak plain AMQP. */
  readonly tls?: TlsSettings;
  /** Base URL of the management API, with credentials. */
  readonly managementUrl: string;
  /**
   * Makes a vhost of the lab's own.
   * @param name a short name, unique within the session, e.g. `fm001-prevent`; the full name carries
   * {@link vhostPrefix} and the session's id.
   * @throws EnvironmentError when the user may not make vhosts; Error when the name is taken.
   */
  createVhost(name: string): Promise<Vhost>;
  /** Full names of the vhosts that this session made and that still exist. */
  listOwnVhosts(): Promise<string[]>;
}

/** Every vhost of the lab begins with this; nothing that does not is ever removed. */
export const vhostPrefix = 'reliability-lab-';

export interface QueueTotals {
  readonly ready: number;
  readonly unacknowledged: number;
}

export interface Vhost {
  readonly name: string;
  /** An `amqp://` URL with credentials and vhost for a client that dials `host:port` (a tap). */
  url(host: string, port: number): string;
  /** The same straight to the server; `amqps://` when the server speaks TLS. */
  readonly directUrl: string;
  /** Counts of one queue as they are now, not as last sampled. @throws when there is no such queue. */
  queueTotals(queue: string): Promise<QueueTotals>;
  /** Removes it with all that is in it; idempotent. */
  remove(): Promise<void>;
}

export interface RedisServer {
  readonly version: string;
  readonly direct: Endpoint;
  readonly fromProxy: Endpoint;
  readonly tls?: TlsSettings;
  /** A `redis://` URL with credentials for a client that dials `host:port` (a tap). */
  url(host: string, port: number): string;
  /** The same straight to the server; `rediss://` when it speaks TLS. */
  readonly directUrl: string;
  /**
   * Makes a key space of the lab's own and enters it into the session's registry.
   * @param name a short name, unique within the session.
   * @returns the prefix that every key must carry, e.g. `reliability-lab-x1y2:fm001-prevent`.
   */
  createKeyPrefix(name: string): Promise<string>;
  /** Removes the keys under a prefix that {@link createKeyPrefix} of this session gave. @returns how many. */
  removeKeys(prefix: string): Promise<number>;
}
