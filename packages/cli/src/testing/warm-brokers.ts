/** Brokers of a test file, brought up by `fm up` and ended by `fm down`, and a way to look at what is on them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { TestLab, type Ended } from './fm.ts';

export interface WarmBrokers {
  /** Whose they are. */
  readonly lab: TestLab;
  /** What `fm up` printed. */
  readonly up: Ended;
  /** Names them for a lab with another state directory. */
  readonly attach: Readonly<Record<string, string>>;
  /** Names of all vhosts. */
  vhosts(): Promise<string[]>;
  /** Every key of Redis. */
  keys(): Promise<string[]>;
  /** Names of all proxies; none where there is no Toxiproxy. */
  proxies(): Promise<string[]>;
  /** Ends them. */
  down(): Promise<Ended>;
}

interface Descriptor {
  readonly addresses: {
    readonly rabbitmq: {
      readonly direct: { readonly host: string; readonly port: number };
      readonly managementUrl: string;
      readonly username: string;
      readonly password: string;
    };
    readonly redis: { readonly direct: { readonly host: string; readonly port: number } };
    readonly toxiproxy: { readonly apiUrl: string } | null;
  };
}

/** @throws with what `fm up` said when it failed */
export async function warmBrokers(): Promise<WarmBrokers> {
  const lab = new TestLab();
  const up = await lab.fm(['up', '--runtime', 'local']);
  if (up.code !== 0) throw new Error(`fm up ended with ${up.code}:\n${up.stderr}`);
  const text = readFileSync(join(lab.state, 'warm.json'), 'utf8');
  const { rabbitmq, redis, toxiproxy } = (JSON.parse(text) as Descriptor).addresses; // written by fm up
  const redisUrl = `redis://${redis.direct.host}:${redis.direct.port}`;
  return {
    lab,
    up,
    attach: {
      LAB_RABBITMQ_URL: `amqp://${rabbitmq.username}:${rabbitmq.password}@${rabbitmq.direct.host}:${rabbitmq.direct.port}`,
      LAB_MANAGEMENT_URL: rabbitmq.managementUrl,
      LAB_REDIS_URL: redisUrl,
      ...(toxiproxy === null ? {} : { LAB_TOXIPROXY_URL: toxiproxy.apiUrl }),
    },
    async vhosts() {
      const url = new URL('/api/vhosts', rabbitmq.managementUrl);
      const authorization = `Basic ${btoa(`${rabbitmq.username}:${rabbitmq.password}`)}`;
      url.username = '';
      url.password = '';
      const response = await fetch(url, { headers: { authorization } });
      return ((await response.json()) as { name: string }[]).map(({ name }) => name); // the management API says so
    },
    async keys() {
      const client = new Redis(redisUrl);
      try {
        return await client.keys('*');
      } finally {
        client.disconnect();
      }
    },
    async proxies() {
      if (toxiproxy === null) return [];
      const response = await fetch(`${toxiproxy.apiUrl}/proxies`);
      return Object.keys((await response.json()) as object); // Toxiproxy answers an object by name
    },
    down: () => lab.fm(['down']),
  };
}
