/** The client's side of the job queue on BullMQ: `Queue.add`, sent at most once. */
import type { JobMessage, LoadEnvironment } from '@lab/workload';
import { Queue } from 'bullmq';
import type { Logger } from 'pino';

import { connectRedis, jobOptionsOf, keysOf, queueName } from './bullmq.ts';
import type { JobQueue, PutOutcome } from './job-queue.ts';

export async function openJobQueue(environment: LoadEnvironment, log: Logger): Promise<JobQueue> {
  // A job that could not be sent or was not answered is not sent again: it would come late or twice.
  const redis = await connectRedis(environment, log, {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
  });
  const options = jobOptionsOf(environment.LOAD);
  const queue = new Queue<JobMessage>(queueName, {
    connection: redis,
    prefix: keysOf(environment),
  });
  queue.on('error', (error) => log.warn({ error: error.message }, 'bullmq queue error'));
  await queue.waitUntilReady();

  return {
    async put(job): Promise<PutOutcome> {
      try {
        await queue.add('job', job, { ...options, jobId: `job-${job.job}` });
        return 'taken';
      } catch (error) {
        log.debug({ job: job.job, error: String(error) }, 'job not taken');
        return isDefinite(error) ? 'refused' : 'unknown';
      }
    },
    async close() {
      redis.disconnect(); // ends what is under way; closing in order would wait for it
      await queue.close().catch(() => undefined);
    },
  };
}

/** Whether it certainly had no effect: Redis refused it, or it never left this process. */
function isDefinite(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'ReplyError' || error.message.startsWith("Stream isn't writeable"))
  );
}
