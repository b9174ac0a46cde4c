/** A vhost and a key prefix of a test's own on the shared brokers, and the programs of a load in it; gone when the test ends. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import {
  loadQueues,
  plainLoad,
  storeKeys,
  type EventBody,
  type LoadCount,
  type LoadSetting,
} from '@lab/contract';
import { Gate, Program } from '@lab/contract/testing';
import type { LoadEnvironment } from '@lab/workload';
import amqp, { type ChannelModel, type GetMessage } from 'amqplib';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { inject, vi } from 'vitest';

/** Small and fast: 1600 requests a second at most, a timeout of 200 ms, and time enough for any test. */
export const quick: LoadSetting = {
  topology: 'in-slot',
  transport: 'rabbitmq',
  policy: 'immediate',
  seed: 1,
  slots: 8,
  serviceMs: 5,
  capacityPerS: 1600,
  offeredPerS: 100,
  timeoutMs: 200,
  attempts: 4,
  clients: 2,
  warmUpMs: 400,
  trigger: 'none',
  triggerMs: 0,
  observeMs: 60_000,
  ...plainLoad,
  concurrency: 8,
};

export class LoadSandbox implements AsyncDisposable {
  readonly name = `load-test-${randomUUID().slice(0, 8)}`;
  readonly redis = new Redis(inject('redisUrl'), { maxRetriesPerRequest: null });
  readonly #stack = new AsyncDisposableStack();
  #connection: Promise<ChannelModel> | undefined;
  #queue: Queue | undefined;

  static async open(): Promise<LoadSandbox> {
    const sandbox = new LoadSandbox();
    await sandbox.management('PUT', `vhosts/${sandbox.name}`);
    return sandbox;
  }

  environment(setting: LoadSetting): LoadEnvironment {
    return {
      ROLE: 'test',
      RABBITMQ_URL: this.#rabbitmqUrl,
      REDIS_URL: inject('redisUrl'),
      KEY_PREFIX: this.name,
      LOAD: setting,
      HOP: 1,
      START: 'at-once',
      EVENTS_FD: undefined,
      LOG_LEVEL: 'silent',
    };
  }

  /** Starts a program of the load; `environment` overrides the sandbox's. */
  start(
    program: 'client' | 'server' | 'pool' | 'shedder',
    setting: LoadSetting,
    environment: Readonly<Record<string, string>> = {},
  ): Program {
    return this.#stack.use(
      new Program(join(import.meta.dirname, '..', `${program}.ts`), {
        ROLE: program,
        RABBITMQ_URL: this.#rabbitmqUrl,
        REDIS_URL: inject('redisUrl'),
        KEY_PREFIX: this.name,
        LOAD: JSON.stringify(setting),
        ...environment,
      }),
    );
  }

  /** A gate on the way to a server. */
  async gate(server: 'redis' | 'rabbitmq'): Promise<Gate> {
    const upstream = server === 'redis' ? inject('redisUrl') : this.#rabbitmqUrl;
    return this.#stack.use(await Gate.open(upstream));
  }

  /** How many messages wait in a queue of the vhost. */
  async ready(queue: string = loadQueues.requests): Promise<number> {
    const channel = await (await this.#model()).createChannel();
    const { messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return messageCount;
  }

  /** Takes the oldest message out of a queue, if there is one. */
  async take(queue: string = loadQueues.requests): Promise<GetMessage | false> {
    const channel = await (await this.#model()).createChannel();
    const message = await channel.get(queue, { noAck: true });
    await channel.close();
    return message;
  }

  /** The BullMQ job queue. */
  get queue(): Queue {
    this.#queue ??= new Queue(loadQueues.jobs, {
      connection: this.redis,
      prefix: storeKeys(this.name).bullmq,
    });
    return this.#queue;
  }

  /** Closes every AMQP connection of the vhost but the test's own, as an operator would. */
  async closeConnections(): Promise<void> {
    const path = `vhosts/${this.name}/connections`;
    const found = await vi.waitFor(
      async () => {
        const connections = (await this.management('GET', path)) as { name: string }[];
        if (connections.length < 2) throw new Error('not all connections are listed yet');
        return connections;
      },
      { timeout: 15_000, interval: 100 }, // the management API learns of connections with a delay of seconds
    );
    for (const { name } of found) {
      await this.management('DELETE', `connections/${encodeURIComponent(name)}`);
    }
  }

  async management(method: 'GET' | 'PUT' | 'DELETE', path: string): Promise<unknown> {
    const url = new URL(inject('managementUrl'));
    const authorization = `Basic ${btoa(`${url.username}:${url.password}`)}`;
    const reply = await fetch(`${url.origin}/api/${path}`, { method, headers: { authorization } });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return method === 'GET' ? reply.json() : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    await this.#queue?.close();
    await (await this.#connection)?.close();
    await this.management('DELETE', `vhosts/${this.name}`);
    const keys = await this.redis.keys(`{${this.name}}*`);
    if (keys.length > 0) await this.redis.del(keys);
    this.redis.disconnect();
  }

  get #rabbitmqUrl(): string {
    return `${inject('rabbitmqUrl')}/${this.name}`;
  }

  #model(): Promise<ChannelModel> {
    this.#connection ??= amqp.connect(this.#rabbitmqUrl);
    return this.#connection;
  }
}

/** What a program has counted at a queue in all windows that it has written so far. */
export function counted(
  program: Program,
  count: LoadCount,
  queue: string = loadQueues.requests,
): number {
  const events = program.events as unknown as EventBody[]; // the programs of a load write other events than the workers
  return events
    .filter((event) => event.kind === 'load')
    .filter((event) => event.queue === queue)
    .reduce((sum, { counts }) => sum + (counts[count] ?? 0), 0);
}
