import type { RabbitmqServer, RedisServer, Vhost } from '@lab/brokers';
import {
  ledgerEntrySchema,
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
import amqp, { type ChannelModel } from 'amqplib';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

export interface QueueCounts {
  readonly ready: number;
  readonly unacknowledged: number;
}

export interface Observer extends AsyncDisposable {
  /** What waits and what is in hand, right now. */
  counts(): Promise<QueueCounts>;
  ledger(): Promise<LedgerEntry[]>;
  /** @param idle true once every worker's connection is closed: then a count of zero is final. */
  snapshot(name: string): Promise<Snapshot>;
}

export interface ObserverOptions {
  readonly transport: Transport;
  readonly rabbitmq: RabbitmqServer;
  readonly vhost: Vhost | undefined;
  readonly redis: RedisServer;
  readonly prefix: string;
}

export async function openObserver(options: ObserverOptions): Promise<Observer> {
  const keys = storeKeys(options.prefix);
  const redis = options.redis.connect();
  const queue =
    options.vhost === undefined
      ? observeBullmq(options.redis.connect(), keys.bullmq)
      : await observeRabbitmq(options.vhost);

  const ledger = async (): Promise<LedgerEntry[]> => {
    const lines = await redis.lrange(keys.ledger, 0, -1);
    return lines.map((line) => ledgerEntrySchema.parse(JSON.parse(line)));
  };
  return {
    counts: () => queue.counts(),
    ledger,
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

async function observeRabbitmq(vhost: Vhost): Promise<ObservedQueue> {
  let connection: ChannelModel | undefined;
  const connect = async (): Promise<ChannelModel> => {
    connection ??= await vhost.connect();
    return connection;
  };
  return {
    counts: () => vhost.queueTotals(queueNames.jobs),
    dead: async () => {
      const channel = await (await connect()).createChannel();
      const keys: string[] = [];
      for (;;) {
        const message = await channel.get(queueNames.dead);
        if (message === false) break;
        keys.push(String(message.properties.messageId ?? '(no message id)'));
      }
      await channel.close(); // gives back what it looked at
      return keys.toSorted();
    },
    close: async () => {
      await connection?.close();
    },
  };
}

function observeBullmq(connection: Redis, prefix: string): ObservedQueue {
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
