/**
 * BullMQ. The job's key is the BullMQ job id, so adding the same job twice leaves one. Completed and failed jobs
 * are kept: once removed, their id would no longer be remembered.
 */
import { queueNames, type Job } from '@lab/contract';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';

import type { Publisher } from '../publish-jobs.ts';
import { isDefinite } from '../redis.ts';

export interface BullmqPublisherOptions {
  /** Connected; closed by whoever made it. */
  readonly redis: Redis;
  /** Key prefix of the queue (`storeKeys().bullmq`). */
  readonly prefix: string;
  /** BullMQ `attempts` of each job. */
  readonly attempts: number;
  readonly log: Logger;
}

export async function openBullmqPublisher(options: BullmqPublisherOptions): Promise<Publisher> {
  const queue = new Queue<Job>(queueNames.jobs, {
    connection: options.redis,
    prefix: options.prefix,
    defaultJobOptions: {
      attempts: options.attempts,
      removeOnComplete: false,
      removeOnFail: false,
    },
  });
  queue.on('error', (error) => options.log.warn({ error: error.message }, 'bullmq queue error'));
  await queue.waitUntilReady();
  return {
    async publish(job) {
      try {
        await queue.add('job', job, { jobId: job.key });
        return { phase: 'ok' };
      } catch (error) {
        return { phase: isDefinite(error) ? 'fail' : 'info', detail: String(error) };
      }
    },
    close: () => queue.close(),
  };
}
