/** Brings brokers up once for a vitest project and tells its tests where they are. */
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

export default function setup(project: TestProject): void {
  const url = (name: string): string => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`${name} is not set`);
    return value;
  };
  project.provide('rabbitmqUrl', url('LAB_DEV_RABBITMQ_URL'));
  project.provide('managementUrl', url('LAB_DEV_MANAGEMENT_URL'));
  project.provide('redisUrl', url('LAB_DEV_REDIS_URL'));
  project.provide('toxiproxyUrl', url('LAB_DEV_TOXIPROXY_URL'));
}
