/** A vhost and a key space of a test's own on the shared brokers, gone when the test ends. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { parseJob, queueNames, storeKeys, type Job, type StoreKeys } from '@lab/contract';
import { Gate, Program } from '@lab/contract/testing';
import amqp, { type Channel, type ChannelModel, type GetMessage } from 'amqplib';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { inject } from 'vitest';

export class Sandbox implements AsyncDisposable {
  readonly name = `producer-test-${randomUUID().slice(0, 8)}`;
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

  /** Starts a producer; settings override the sandbox's. */
  producer(settings: Readonly<Record<string, string | undefined>>): Program {
    return this.#stack.use(
      new Program(join(import.meta.dirname, '..', 'main.ts'), {
        ROLE: 'producer',
        TRANSPORT: 'rabbitmq',
        RABBITMQ_URL: this.rabbitmqUrl,
        REDIS_URL: inject('redisUrl'),
        KEY_PREFIX: this.name,
        SEED: '7',
        ...settings,
      }),
    );
  }

  async gate(upstream: string): Promise<Gate> {
    return this.#stack.use(await Gate.open(upstream));
  }

  get rabbitmqUrl(): string {
    return `${inject('rabbitmqUrl')}/${this.name}`;
  }

  async channel(): Promise<Channel> {
    this.#connection ??= amqp.connect(this.rabbitmqUrl);
    return (await this.#connection).createChannel();
  }

  /** Takes every message that waits. */
  async messages(): Promise<GetMessage[]> {
    const channel = await this.channel();
    const messages: GetMessage[] = [];
    for (;;) {
      const message = await channel.get(queueNames.jobs, { noAck: true });
      if (message === false) break;
      messages.push(message);
    }
    await channel.close();
    return messages;
  }

  /** The BullMQ side of the key space. */
  get queue(): Queue {
    this.#queue ??= new Queue(queueNames.jobs, {
      connection: this.redis,
      prefix: this.keys.bullmq,
    });
    return this.#queue;
  }

  async accepted(): Promise<Job[]> {
    const lines = await this.redis.lrange(this.keys.accepted, 0, -1);
    return lines.map((line) => parseJob(line));
  }

  async management(method: 'PUT' | 'DELETE', path: string, body?: unknown): Promise<void> {
    const url = new URL(inject('managementUrl'));
    const reply = await fetch(`${url.origin}/api/${path}`, {
      method,
      headers: { authorization: `Basic ${btoa(`${url.username}:${url.password}`)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
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
