/**
 * What the lab reads for itself, over connections of its own that no fault touches: queue counts, the dead-letter
 * queue, the ledger. Verdicts rest on this and on the wire. A server that no longer answers fails the question within
 * seconds: the observer waits for nobody.
 */
import type { RabbitmqServer, RedisServer, Vhost } from '@lab/brokers';
import {
  parseLedgerEntry,
  queueNames,
  storeKeys,
  within,
  type LedgerEntry,
  type Snapshot,
  type Transport,
} from '@lab/contract';
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import type { Redis } from 'ioredis';

import { answerLimitMs, connectRedis } from './direct-redis.ts';

interface QueueCounts {
  readonly ready: number;
  readonly unacknowledged: number;
}

export interface Observer extends AsyncDisposable {
  /** What waits and what is in hand, right now. */
  counts(): Promise<QueueCounts>;
  ledger(): Promise<LedgerEntry[]>;
  /** How many entries the ledger has. */
  effects(): Promise<number>;
  snapshot(name: string): Promise<Snapshot>;
}

export interface ObserverOptions {
  readonly transport: Transport;
  readonly rabbitmq: RabbitmqServer;
  readonly vhost: Vhost | undefined;
  readonly redis: RedisServer;
  readonly prefix: string;
  /** Accepted jobs that no worker has settled or given up on the wire. */
  inHand(): number;
}

export async function openObserver(options: ObserverOptions): Promise<Observer> {
  const keys = storeKeys(options.prefix);
  const redis = connectRedis(options.redis);
  const queue =
    options.vhost === undefined
      ? await observeBullmq(connectRedis(options.redis), keys.bullmq)
      : observeRabbitmq(options.rabbitmq, options.vhost, () => options.inHand());

  const ledger = async (): Promise<LedgerEntry[]> => {
    const lines = await redis.lrange(keys.ledger, 0, -1);
    return lines.map((line) => parseLedgerEntry(line));
  };
  return {
    counts: () => queue.counts(),
    ledger,
    effects: () => redis.llen(keys.ledger),
    snapshot: async (name) => {
      const { ready, unacknowledged } = await queue.counts();
      const deadCount = await queue.deadCount();
      return {
        name,
        drained: ready === 0 && unacknowledged === 0,
        ready,
        unacknowledged,
        dead: await queue.dead(),
        deadCount,
        ledger: await ledger(),
      };
    },
    [Symbol.asyncDispose]: async () => {
      redis.disconnect();
      await queue.close();
    },
  };
}

interface ObservedQueue {
  counts(): Promise<QueueCounts>;
  /** How much was given up, by the server's own count. */
  deadCount(): Promise<number>;
  /** Keys of what was given up. */
  dead(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Counts come from a passive declare, which asks the queue process itself; the management API's are sampled. It
 * tells what is ready and who consumes. With no consumer left nothing can be unacknowledged; while there
 * are some, what is in hand is read off the wire.
 */
function observeRabbitmq(
  server: RabbitmqServer,
  vhost: Vhost,
  inHand: () => number,
): ObservedQueue {
  let connection: ChannelModel | undefined;
  const connected = async (): Promise<ChannelModel> => {
    const opened = await amqp.connect(vhost.directUrl, { ...server.tls, timeout: answerLimitMs });
    opened.on('error', () => undefined); // the question that meets it says it
    opened.on('close', () => {
      if (connection === opened) connection = undefined; // the next question connects anew, or says why it cannot
    });
    return opened;
  };
  const ask = async <T>(use: (channel: Channel) => Promise<T>): Promise<T> => {
    connection ??= await connected();
    const channel = await connection.createChannel();
    channel.on('error', () => undefined); // the question that meets it says it
    const result = await use(channel);
    await channel.close();
    return result;
  };
  const onChannel = <T>(use: (channel: Channel) => Promise<T>): Promise<T> =>
    within('RabbitMQ answers the lab', ask(use), { limitMs: answerLimitMs });
  return {
    counts: () =>
      onChannel(async (channel) => {
        const { messageCount, consumerCount } = await channel.checkQueue(queueNames.jobs);
        return { ready: messageCount, unacknowledged: consumerCount === 0 ? 0 : inHand() };
      }),
    deadCount: () =>
      onChannel(async (channel) => (await channel.checkQueue(queueNames.dead)).messageCount),
    dead: () =>
      onChannel(async (channel) => {
        const keys: string[] = [];
        for (;;) {
          const message = await channel.get(queueNames.dead);
          if (message === false) break;
          keys.push(String(message.properties.messageId ?? '(no message id)'));
        }
        channel.nackAll(); // back in the queue before anybody counts them again
        return keys.toSorted();
      }),
    close: async () => {
      await connection?.close().catch(() => undefined); // a server that is gone has closed it already
    },
  };
}

async function observeBullmq(connection: Redis, prefix: string): Promise<ObservedQueue> {
  const { Queue } = await import('bullmq'); // a fifth of a second that runs on RabbitMQ need not spend
  const queue = new Queue(queueNames.jobs, { connection, prefix, skipMetasUpdate: true });
  queue.on('error', () => undefined); // the question that meets it says it
  return {
    counts: async () => {
      const counts = await queue.getJobCounts(
        'waiting',
        'active',
        'delayed',
        'prioritized',
        'waiting-children',
      );
      const { active = 0, ...rest } = counts;
      return { ready: Object.values(rest).reduce((a, b) => a + b, 0), unacknowledged: active };
    },
    deadCount: async () => (await queue.getJobCounts('failed'))['failed'] ?? 0,
    dead: async () => {
      const jobs = await queue.getFailed();
      return jobs.map((job) => String(job.id)).toSorted();
    },
    close: async () => {
      connection.disconnect(); // first: closing would wait for a server that is gone
      await queue.close();
    },
  };
}
