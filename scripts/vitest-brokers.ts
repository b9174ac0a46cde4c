/** Brings brokers up once for a vitest project, tells its tests where they are, and ends them afterwards. */
import { openSession, provision, sweep, type Brokers } from '@lab/brokers';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** AMQP URL without a vhost, with credentials of an administrator. */
    rabbitmqUrl: string;
    /** Management API of the same broker, with credentials. */
    managementUrl: string;
    redisUrl: string;
    /** API of a Toxiproxy server that reaches both over loopback; empty where none can be had. */
    toxiproxyUrl: string;
  }
}

/** Brokers that run already, for those who run these tests again and again. */
const running = {
  rabbitmqUrl: process.env['LAB_DEV_RABBITMQ_URL'],
  managementUrl: process.env['LAB_DEV_MANAGEMENT_URL'],
  redisUrl: process.env['LAB_DEV_REDIS_URL'],
  toxiproxyUrl: process.env['LAB_DEV_TOXIPROXY_URL'],
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { rabbitmqUrl, managementUrl, redisUrl, toxiproxyUrl } = running;
  if (rabbitmqUrl !== undefined && managementUrl !== undefined && redisUrl !== undefined) {
    project.provide('rabbitmqUrl', rabbitmqUrl);
    project.provide('managementUrl', managementUrl);
    project.provide('redisUrl', redisUrl);
    project.provide('toxiproxyUrl', toxiproxyUrl ?? '');
    return () => Promise.resolve();
  }
  const { brokers, end } = await (shared.labBrokersOfTests ??= start());
  const { host, port } = brokers.rabbitmq.direct;
  const { username, password } = new URL(brokers.rabbitmq.managementUrl);
  project.provide('rabbitmqUrl', `amqp://${username}:${password}@${host}:${port}`);
  project.provide('managementUrl', brokers.rabbitmq.managementUrl);
  project.provide('redisUrl', brokers.redis.directUrl);
  project.provide('toxiproxyUrl', brokers.toxiproxy?.apiUrl ?? '');
  return end;
}

interface Started {
  readonly brokers: Brokers;
  /** Vitest calls it for each project, after the last test of all of them. */
  readonly end: () => Promise<void>;
}

/** Vitest loads this file anew for each project; they share one set of brokers all the same. */
const shared = globalThis as { labBrokersOfTests?: Promise<Started> }; // a property of our own on it

async function start(): Promise<Started> {
  await sweep();
  const session = openSession();
  try {
    const brokers = await provision({ session, runtime: 'local' });
    let ended: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      await brokers[Symbol.asyncDispose]();
      await session.end();
    };
    return { brokers, end: () => (ended ??= end()) };
  } catch (error) {
    await session.end();
    throw error;
  }
}
