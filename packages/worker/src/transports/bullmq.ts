/**
 * BullMQ. A job in hand is held by a lock that the worker renews; when it cannot, another worker takes the job as
 * stalled while this one goes on, and only hears of it when it tries to finish: "Missing lock for job …".
 * Settling is BullMQ's: it moves the job to completed, failed or back to waiting, and tells by events.
 */
import { queueNames, storeKeys, type WorkerEnvironment } from '@lab/contract';
import { UnrecoverableError, WaitingError, Worker, type Job as BullJob } from 'bullmq';
import { Redis } from 'ioredis';

import { recordSettle, type Delivery, type Subject } from '../attempt.ts';
import { connectRedis, reconnectDelayMs } from '../effect-store.ts';
import { endsWithin } from './ends-within.ts';
import type { OpenTransport } from './transport.ts';

export const openTransport: OpenTransport = async (options) => {
  const { environment, log, handle } = options;
  const redis = await connectRedis(
    new Redis(environment.REDIS_URL, {
      lazyConnect: true,
      connectTimeout: 5000,
      maxRetriesPerRequest: null, // BullMQ requires it; its own scripts are safe to send again
      retryStrategy: reconnectDelayMs,
    }),
    log.child({ connection: 'bullmq' }),
  );
  /** Jobs between their delivery and the event that tells how settling went. */
  const inHand = new Map<BullJob, Subject | undefined>();

  const settled = (job: BullJob, phase: 'ok' | 'info', detail: string): void => {
    const subject = inHand.get(job);
    inHand.delete(job);
    if (subject !== undefined) recordSettle(options, subject, phase, detail);
  };

  const process = async (job: BullJob, token: string | undefined): Promise<string> => {
    inHand.set(job, undefined);
    const { subject, disposition } = await handle(deliveryOf(job));
    inHand.set(job, subject);
    if (disposition.kind === 'done') return disposition.outcome;
    if (disposition.kind === 'give back') {
      await job.moveToWait(token); // not counted as a failed attempt
      settled(job, 'ok', 'given back');
      throw new WaitingError();
    }
    // BullMQ counts an Error against the job's attempts; an UnrecoverableError ends them.
    const Failure = disposition.kind === 'retry' ? Error : UnrecoverableError;
    throw new Failure(disposition.reason);
  };

  const worker = new Worker(queueNames.jobs, process, workerOptions(environment, redis));
  worker.on('completed', (job) => settled(job, 'ok', 'completed'));
  worker.on('failed', (job, error) => {
    if (job !== undefined) settled(job, 'ok', `failed: ${error.message}`);
  });
  worker.on('stalled', (jobId) =>
    log.warn({ key: jobId }, 'taken back from a worker that lost its lock'),
  );
  worker.on('lockRenewalFailed', (jobIds) =>
    log.warn({ keys: jobIds }, 'lock could not be renewed'),
  );
  worker.on('error', (error) => {
    log.warn({ error: error.message }, 'bullmq worker error');
    const lost = [...inHand].find(
      ([job, subject]) => subject !== undefined && couldNotSettle(error, job.id),
    );
    if (lost !== undefined) settled(lost[0], 'info', error.message);
  });
  await worker.waitUntilReady();
  worker
    .run()
    .catch((error: unknown) => log.error({ error: String(error) }, 'bullmq worker ended'));
  log.info('consuming');

  return {
    async drain(limitMs) {
      const deadline = AbortSignal.timeout(limitMs);
      const drained = await endsWithin(deadline, worker.close());
      const abandoned = inHand.size;
      for (const job of inHand.keys()) settled(job, 'info', 'abandoned at the drain limit');
      if (!drained) log.warn({ abandoned }, 'drain limit reached');
      redis.disconnect();
      return { abandoned };
    },
  };
};

function workerOptions(environment: WorkerEnvironment, connection: Redis) {
  return {
    connection,
    prefix: storeKeys(environment.KEY_PREFIX).bullmq,
    autorun: false, // not before its listeners are there
    concurrency: Math.max(1, environment.PREFETCH),
    lockDuration: environment.LOCK_DURATION_MS,
    stalledInterval: environment.STALLED_INTERVAL_MS,
    runRetryDelay: 1000, // BullMQ's own default of 15 s is longer than any outage worth surviving
  };
}

function deliveryOf(job: BullJob): Delivery {
  return {
    body: JSON.stringify(job.data),
    messageId: job.id,
    redelivered: job.attemptsStarted > 1 || job.attemptsMade > 0 || job.stalledCounter > 0,
    attempt: Math.max(1, job.attemptsStarted),
  };
}

/** BullMQ names the job only in the text: `Missing lock for job job-0001. moveToFinished`. */
function couldNotSettle(error: Error, jobId: string | undefined): boolean {
  return jobId !== undefined && error.message.includes(` job ${jobId}.`);
}
