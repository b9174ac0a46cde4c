/**
 * The `attached` runtime: brokers that somebody else runs. Nothing is started; what is there is asked, so that
 * each way of not being usable ends in one clear sentence before anything is made on it.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

import type { ProxyPort, TlsSettings, ToxiproxyServer } from './brokers.ts';
import { composeStack } from './compose-stack.ts';
import type { BrokerAddresses } from './connect.ts';
import { EnvironmentError } from './environment-error.ts';
import { toxiproxyVersionAt } from './local/toxiproxy.ts';
import { withoutPassword } from './management.ts';
import { qualifyRabbitmq } from './qualify-rabbitmq.ts';
import { qualifyRedis } from './qualify-redis.ts';

/** URLs of live brokers. What is not given is guessed from what is, or taken from the compose stack. */
export interface AttachUrls {
  /** `amqp://` or `amqps://` with credentials of an administrator. */
  readonly rabbitmq?: string;
  /** `http://` or `https://`, with credentials unless they are RabbitMQ's; by default port 15672 (15671) of its host. */
  readonly management?: string;
  /** `redis://` or `rediss://`. */
  readonly redis?: string;
  /** `http://` API of a Toxiproxy that can be reached from here and reaches the brokers; by default none. */
  readonly toxiproxy?: string;
}

/** The same from LAB_RABBITMQ_URL, LAB_MANAGEMENT_URL, LAB_REDIS_URL, LAB_TOXIPROXY_URL; null when none is set. */
export function attachFromEnvironment(env: NodeJS.ProcessEnv = process.env): AttachUrls | null {
  const named: [keyof AttachUrls, string][] = [
    ['rabbitmq', 'LAB_RABBITMQ_URL'],
    ['management', 'LAB_MANAGEMENT_URL'],
    ['redis', 'LAB_REDIS_URL'],
    ['toxiproxy', 'LAB_TOXIPROXY_URL'],
  ];
  const urls = Object.fromEntries(
    named.flatMap(([key, name]) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[key, value]];
    }),
  ) as AttachUrls; // the keys come from the list above
  return Object.keys(urls).length === 0 ? null : urls;
}

/**
 * @param urls none at all means the compose stack of docker-compose.yml.
 * @throws EnvironmentError for each thing that is not as the lab needs it.
 */
export async function attach(
  urls: AttachUrls,
  env: NodeJS.ProcessEnv = process.env,
): Promise<BrokerAddresses> {
  const none = Object.keys(urls).length === 0;
  const target = none ? composeStack(env) : urls;
  if (target.rabbitmq === undefined || target.redis === undefined) {
    throw new EnvironmentError({
      what: 'a RabbitMQ and a Redis are needed to attach to, and only one is named',
      where: 'options and environment',
      next: 'set LAB_RABBITMQ_URL and LAB_REDIS_URL, or give --attach alone for the compose stack',
    });
  }
  const rabbitmqUrl = parse(target.rabbitmq, ['amqp:', 'amqps:'], 'LAB_RABBITMQ_URL');
  const redisUrl = parse(target.redis, ['redis:', 'rediss:'], 'LAB_REDIS_URL');
  const rabbitmqTls = tlsFor(rabbitmqUrl, env);
  const redisTls = tlsFor(redisUrl, env);
  const managementUrl = managementUrlFor(rabbitmqUrl, target.management);

  const [rabbitmq, redis, toxiproxy] = await Promise.all([
    qualifyRabbitmq({
      url: rabbitmqUrl,
      managementUrl,
      ...(rabbitmqTls === undefined ? {} : { tls: rabbitmqTls }),
    }),
    qualifyRedis({ url: redisUrl, ...(redisTls === undefined ? {} : { tls: redisTls }) }),
    target.toxiproxy === undefined ? null : findToxiproxy(target.toxiproxy, env, none),
  ]);
  const seen = none ? composeStack(env).fromProxy : null;
  return {
    runtime: 'attached',
    rabbitmq: {
      ...rabbitmq,
      fromProxy: fromProxy(env['LAB_RABBITMQ_FROM_PROXY']) ?? seen?.rabbitmq ?? rabbitmq.direct,
    },
    redis: {
      ...redis,
      fromProxy: fromProxy(env['LAB_REDIS_FROM_PROXY']) ?? seen?.redis ?? redis.direct,
    },
    toxiproxy,
    versions: {
      rabbitmq: rabbitmq.version,
      erlang: rabbitmq.erlangVersion,
      redis: redis.version,
      ...(toxiproxy === null ? {} : { toxiproxy: toxiproxy.version }),
    },
  };
}

function parse(text: string, protocols: readonly string[], name: string): URL {
  const url = URL.parse(text);
  if (url !== null && protocols.includes(url.protocol) && url.hostname !== '') return url;
  throw new EnvironmentError({
    what: `not a URL that begins with ${protocols.join('// or ')}//`,
    where: name,
    next: `give ${name} as ${protocols[0] ?? ''}//user:password@host:port`,
  });
}

function managementUrlFor(rabbitmq: URL, given: string | undefined): string {
  const secure = rabbitmq.protocol === 'amqps:';
  const url =
    given === undefined
      ? new URL(`${secure ? 'https' : 'http'}://${rabbitmq.hostname}:${secure ? 15_671 : 15_672}`)
      : parse(given, ['http:', 'https:'], 'LAB_MANAGEMENT_URL');
  if (url.username === '') {
    url.username = rabbitmq.username === '' ? 'guest' : rabbitmq.username;
    url.password = rabbitmq.username === '' ? 'guest' : rabbitmq.password;
  }
  return url.href.replace(/\/$/, '');
}

/** LAB_TLS_CA names a PEM file to trust, LAB_TLS_SERVERNAME the name to verify, LAB_TLS_INSECURE=1 verifies nothing. */
function tlsFor(url: URL, env: NodeJS.ProcessEnv): TlsSettings | undefined {
  if (url.protocol !== 'amqps:' && url.protocol !== 'rediss:') return undefined;
  const file = env['LAB_TLS_CA'];
  let ca: string | undefined;
  try {
    ca = file === undefined || file === '' ? undefined : readFileSync(file, 'utf8');
  } catch (error) {
    throw new EnvironmentError(
      {
        what: 'the certificate authority cannot be read',
        where: `LAB_TLS_CA=${file}`,
        next: 'name a readable PEM file',
      },
      { cause: error },
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const servername = env['LAB_TLS_SERVERNAME'] ?? (isIP(host) === 0 ? host : undefined);
  return {
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: env['LAB_TLS_INSECURE'] !== '1',
    ...(ca === undefined ? {} : { ca }),
  };
}

async function findToxiproxy(
  apiUrl: string,
  env: NodeJS.ProcessEnv,
  isComposeStack: boolean,
): Promise<ToxiproxyServer> {
  const url = parse(apiUrl, ['http:', 'https:'], 'LAB_TOXIPROXY_URL');
  const base = url.href.replace(/\/$/, '');
  const version = await toxiproxyVersionAt(base);
  if (version === undefined) {
    throw new EnvironmentError({
      what: "Toxiproxy's API does not answer",
      where: withoutPassword(base),
      next: 'start it, or leave its URL out: the embedded stand-in then carries the link faults',
    });
  }
  const ports = isComposeStack ? composeStack(env).ports : portRange(env, url.hostname);
  if (ports !== null) return { apiUrl: base, version, listenHost: '0.0.0.0', ports };
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return { apiUrl: base, version, listenHost: loopback ? '127.0.0.1' : '0.0.0.0' };
}

/** LAB_TOXIPROXY_PORTS=21500-21563: the only ports of a Toxiproxy in a container that can be reached from here. */
function portRange(env: NodeJS.ProcessEnv, hostName: string): ProxyPort[] | null {
  const text = env['LAB_TOXIPROXY_PORTS'];
  if (text === undefined || text === '') return null;
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first)) {
    throw new EnvironmentError({
      what: 'not a range of ports',
      where: `LAB_TOXIPROXY_PORTS=${text}`,
      next: 'give it as 21500-21563',
    });
  }
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => {
    const port = Number(first) + index;
    return { container: port, host: port, hostName };
  });
}

/** `rabbitmq:5672`, the address as a Toxiproxy in a container knows it. */
function fromProxy(text: string | undefined): { host: string; port: number } | null {
  const [, host, port] = /^(.+):(\d+)$/.exec(text ?? '') ?? [];
  return host === undefined || port === undefined ? null : { host, port: Number(port) };
}
