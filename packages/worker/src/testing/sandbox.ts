/** A vhost and a key space of a test's own on the shared brokers, gone when the test ends. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import {
  parseLedgerEntry,
  queueDeclarations,
  queueNames,
  storeKeys,
  type LedgerEntry,
  type QueueType,
  type StoreKeys,
} from '@lab/contract';
import { Gate, Program } from '@lab/contract/testing';
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { inject, vi } from 'vitest';

export class Sandbox implements AsyncDisposable {
  readonly name = `worker-test-${randomUUID().slice(0, 8)}`;
  readonly keys: StoreKeys = storeKeys(this.name);
  readonly redis = new Redis(inject('redisUrl'), { maxRetriesPerRequest: null });
  readonly #stack = new AsyncDisposableStack();
  #connection: Promise<ChannelModel> | undefined;
  #queue: Queue | undefined;

  static async open(): Promise<Sandbox> {
    const sandbox = new Sandbox();
    await sandbox.management('PUT', `vhosts/${sandbox.name}`);
    return sandbox;
  }

  /** Starts a worker; settings override the sandbox's. */
  worker(settings: Readonly<Record<string, string | undefined>>): Program {
    return this.#stack.use(
      new Program(join(import.meta.dirname, '..', 'main.ts'), {
        ROLE: 'worker-1',
        TRANSPORT: 'rabbitmq',
        RABBITMQ_URL: this.rabbitmqUrl,
        REDIS_URL: inject('redisUrl'),
        KEY_PREFIX: this.name,
        ...settings,
      }),
    );
  }

  async gate(upstream = inject('redisUrl')): Promise<Gate> {
    return this.#stack.use(await Gate.open(upstream));
  }

  get rabbitmqUrl(): string {
    return `${inject('rabbitmqUrl')}/${this.name}`;
  }

  async channel(): Promise<Channel> {
    this.#connection ??= amqp.connect(this.rabbitmqUrl);
    return (await this.#connection).createChannel();
  }

  /** Declares the topology as the system does. */
  async declare(type: QueueType = 'classic'): Promise<void> {
    const channel = await this.channel();
    for (const { name, options } of queueDeclarations(type)) {
      await channel.assertQueue(name, options);
    }
    await channel.close();
  }

  /** Publishes messages to the jobs queue, each under its key. */
  async publish(...keys: string[]): Promise<void> {
    await this.send(...keys.map((key) => ({ key, body: bodyOf(key) })));
  }

  async send(...messages: { key: string; body: string }[]): Promise<void> {
    const channel = await this.channel();
    for (const { key, body } of messages) {
      channel.sendToQueue(queueNames.jobs, Buffer.from(body), { messageId: key, persistent: true });
    }
    await channel.close(); // its reply comes after the broker has seen them
  }

  /** How many messages wait in a queue. */
  async waiting(queue: string): Promise<number> {
    const channel = await this.channel();
    const { messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return messageCount;
  }

  /** The BullMQ side of the key space. */
  get queue(): Queue {
    this.#queue ??= new Queue(queueNames.jobs, {
      connection: this.redis,
      prefix: this.keys.bullmq,
    });
    return this.#queue;
  }

  /** Adds jobs to the BullMQ queue, each under its key. */
  async add(...keys: string[]): Promise<void> {
    await this.queue.addBulk(
      keys.map((key) => ({ name: 'job', data: dataOf(key), opts: { jobId: key } })),
    );
  }

  /** Closes every AMQP connection of the vhost, as an operator would. */
  async closeConnections(): Promise<void> {
    const path = `vhosts/${this.name}/connections`;
    const found = await vi.waitFor(async () => {
      const connections = (await this.management('GET', path)) as { name: string }[];
      if (connections.length === 0) throw new Error('no connection is listed yet');
      return connections;
    }, 10_000); // the management API learns of connections with a delay of seconds
    for (const { name } of found) {
      await this.management('DELETE', `connections/${encodeURIComponent(name)}`);
    }
  }

  async ledger(): Promise<LedgerEntry[]> {
    const lines = await this.redis.lrange(this.keys.ledger, 0, -1);
    return lines.map((line) => parseLedgerEntry(line));
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
}

export function bodyOf(key: string): string {
  return JSON.stringify(dataOf(key));
}

export function dataOf(key: string): Record<string, unknown> {
  return { key, correlationId: `flow-${key}`, causationId: `order-${key}`, amount: 5 };
}

/** `count` keys: `job-0001` … */
export function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `job-${String(index + 1).padStart(4, '0')}`);
}
