/** BullMQ's own worker: an `Error` is counted against the job's attempts, an `UnrecoverableError` ends them. */
import { queueNames, storeKeys } from '@lab/contract';
import { UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';

import type { Consume } from './transport.ts';

export const consume: Consume = async (environment, handle) => {
  const connection = new Redis(environment.REDIS_URL, { maxRetriesPerRequest: null }); // BullMQ asks for it
  const stalls = process.env['MAX_STALLED_COUNT'];
  const worker = new Worker(
    queueNames.jobs,
    async (job) => {
      const end = await handle({
        body: JSON.stringify(job.data),
        redelivered: job.attemptsStarted > 1,
        bury: () => Promise.reject(new Error('a BullMQ job lies in one set only')),
      });
      if (end === 'failed') throw new Error('failed');
      if (end === 'given up') throw new UnrecoverableError('given up');
    },
    {
      connection,
      prefix: storeKeys(environment.KEY_PREFIX).bullmq,
      concurrency: environment.PREFETCH,
      lockDuration: environment.LOCK_DURATION_MS,
      stalledInterval: environment.STALLED_INTERVAL_MS,
      ...(stalls === undefined ? {} : { maxStalledCount: Number(stalls) }),
    },
  );
  worker.on('error', (error) => process.stderr.write(`${error.message}\n`)); // without a listener it would be thrown
  await worker.waitUntilReady();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= worker.close());
  return {
    async stop() {
      void close(); // takes no further job from here on, and waits for those in hand
    },
    async close() {
      await close();
      connection.disconnect();
    },
  };
};
