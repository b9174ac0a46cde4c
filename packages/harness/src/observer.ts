import type { RabbitmqServer, RedisServer, Vhost } from '@lab/brokers';
import {
  parseLedgerEntry,
  queueNames,
  storeKeys,
  type LedgerEntry,
  type Snapshot,
  type Transport,
} from '@lab/contract';
/**
 * What the lab reads for itself, over connections of its own that no fault touches: queue counts, the dead-letter
 * queue, the ledger. Verdicts rest on this and on the wire.
 */
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { Redis } from 'ioredis';

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
      return {
        name,
        drained: ready === 0 && unacknowledged === 0,
        ready,
        unacknowledged,
        dead: await queue.dead(),
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
  /** Keys of what was given up. */
  dead(): Promise<string[]>;
  close(): Promise<void>;
}

function connectRedis({ directUrl, tls }: RedisServer): Redis {
  return new Redis(directUrl, {
    maxRetriesPerRequest: null, // BullMQ asks for it; the observer's link is never faulted
    ...(tls === undefined ? {} : { tls: { ...tls } }),
  });
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
  const onChannel = async <T>(use: (channel: Channel) => Promise<T>): Promise<T> => {
    connection ??= await amqp.connect(vhost.directUrl, { ...server.tls, timeout: 5000 });
    const channel = await connection.createChannel();
    const result = await use(channel);
    await channel.close(); // gives back what it looked at
    return result;
  };
  return {
    counts: () =>
      onChannel(async (channel) => {
        const { messageCount, consumerCount } = await channel.checkQueue(queueNames.jobs);
        return { ready: messageCount, unacknowledged: consumerCount === 0 ? 0 : inHand() };
      }),
    dead: () =>
      onChannel(async (channel) => {
        const keys: string[] = [];
        for (;;) {
          const message = await channel.get(queueNames.dead);
          if (message === false) break;
          keys.push(String(message.properties.messageId ?? '(no message id)'));
        }
        return keys.toSorted();
      }),
    close: async () => {
      await connection?.close();
    },
  };
}

async function observeBullmq(connection: Redis, prefix: string): Promise<ObservedQueue> {
  const { Queue } = await import('bullmq'); // a fifth of a second that runs on RabbitMQ need not spend
  const queue = new Queue(queueNames.jobs, { connection, prefix, skipMetasUpdate: true });
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
    dead: async () => {
      const jobs = await queue.getFailed();
      return jobs.map((job) => String(job.id)).toSorted();
    },
    close: async () => {
      await queue.close();
      connection.disconnect();
    },
  };
}
