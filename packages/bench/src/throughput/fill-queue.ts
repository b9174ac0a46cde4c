/** Puts jobs into a queue as the producer would, as fast as the broker takes them, before any worker is there. */
import { queueDeclarations, queueNames, type QueueType } from '@lab/contract';
import amqp from 'amqplib';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

export interface BenchJob {
  readonly key: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly amount: number;
}

export function jobsOf(count: number): BenchJob[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(6, '0');
    return {
      key: `job-${number}`,
      correlationId: `flow-${number}`,
      causationId: `order-${number}`,
      amount: 1 + ((index * 7919) % 1000),
    };
  });
}

/** Most publishes in flight. */
const window = 500;

/** Persistent messages, every one confirmed. @throws when the broker refuses one */
export async function fillRabbitmq(
  url: string,
  tls: object | undefined,
  queueType: QueueType,
  jobs: readonly BenchJob[],
  signal: AbortSignal,
): Promise<void> {
  const connection = await amqp.connect(url, { ...tls, noDelay: true, timeout: 5000 });
  try {
    const channel = await connection.createConfirmChannel();
    for (const { name, options } of queueDeclarations(queueType)) {
      await channel.assertQueue(name, options);
    }
    for (let first = 0; first < jobs.length; first += window) {
      signal.throwIfAborted();
      for (const job of jobs.slice(first, first + window)) {
        channel.sendToQueue(queueNames.jobs, Buffer.from(JSON.stringify(job)), {
          messageId: job.key,
          correlationId: job.correlationId,
          headers: { causationId: job.causationId },
          contentType: 'application/json',
          persistent: true,
        });
      }
      await channel.waitForConfirms();
    }
  } finally {
    await connection.close();
  }
}

export async function fillBullmq(
  url: string,
  tls: object | undefined,
  prefix: string,
  jobs: readonly BenchJob[],
  signal: AbortSignal,
): Promise<void> {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    ...(tls === undefined ? {} : { tls }),
  });
  const queue = new Queue(queueNames.jobs, { connection: redis, prefix });
  try {
    for (let first = 0; first < jobs.length; first += window) {
      signal.throwIfAborted();
      await queue.addBulk(
        jobs.slice(first, first + window).map((job) => ({
          name: 'job',
          data: job,
          opts: { jobId: job.key, attempts: 3, removeOnComplete: false, removeOnFail: false },
        })),
      );
    }
  } finally {
    await queue.close();
    redis.disconnect();
  }
}
