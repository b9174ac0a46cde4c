/**
 * The pool's side of the job queue on BullMQ: one worker whose concurrency is the slots. What `again` means is
 * BullMQ's: the run throws, and BullMQ puts the job back, at the tail or among the delayed; its backoff asks the
 * policy's caller unless the policy is one of BullMQ's own.
 *
 * In `lease` no lock is renewed. A job whose run outlives its lock is found by the next look for stalled jobs, goes
 * to the head of the queue and is run again by another slot, while the first run still waits and will find its lock
 * gone. After as many runs as the terms allow, BullMQ fails it unrun at its next turn.
 */
import { within } from '@lab/contract';
import { leaseTermsOf, requeueDelayMs, type JobMessage } from '@lab/workload';
import {
  ErrorCode,
  UnrecoverableError,
  Worker,
  type BackoffStrategy,
  type Job,
  type WorkerOptions,
} from 'bullmq';

import { connectRedis, keysOf, queueName } from './bullmq.ts';
import type { JobSource, JobSourceOptions } from './job-queue.ts';
import { ownRulesOf } from './own-rules.ts';

/** A run that is to be repeated after the delay. */
class Again extends Error {
  override readonly name = 'Again';
  readonly job: number;
  readonly delayMs: number;
  constructor(job: number, delayMs: number) {
    super('again');
    this.job = job;
    this.delayMs = delayMs;
  }
}

export async function openJobSource(options: JobSourceOptions): Promise<JobSource> {
  const { environment, log, run, abandoned } = options;
  const setting = environment.LOAD;
  const ownRules = ownRulesOf(setting);
  const redis = await connectRedis(environment, log, { maxRetriesPerRequest: null }); // BullMQ requires it of workers
  /** What each job waited before the attempt to come, ms: BullMQ does not keep it. */
  const delays = new Map<number, number>();

  const process = async (bullJob: Job<JobMessage>): Promise<void> => {
    const made = setting.topology === 'lease' ? bullJob.stalledCounter : bullJob.attemptsMade;
    const job: JobMessage = {
      ...bullJob.data,
      attemptsMade: made,
      previousDelayMs: delays.get(bullJob.data.job) ?? 0,
    };
    const ending = await run({ job, run: made + 1 });
    if (ending.kind === 'again') throw new Again(job.job, ending.delayMs);
    delays.delete(job.job);
    if (ending.kind === 'given up') throw new UnrecoverableError(ending.reason);
  };

  /** Asked by BullMQ for every job added with the callers' backoff. @returns ms; 0 is at once, -1 never */
  const backoffStrategy: BackoffStrategy = (_attemptsMade, _type, error) => {
    if (!(error instanceof Again)) return -1;
    delays.set(error.job, error.delayMs);
    return requeueDelayMs(setting, error.delayMs);
  };

  const worker = new Worker<JobMessage, void>(queueName, process, {
    ...termsOf(options),
    connection: redis,
    prefix: keysOf(environment),
    ...(ownRules === undefined ? { settings: { backoffStrategy } } : {}),
  });
  worker.on('failed', (job, error) => {
    if (job !== undefined && outlived(error)) abandoned(job.data);
  });
  worker.on('error', (error) =>
    // A run that outlived its lease is told so when it wants to finish: in `lease` that is the point.
    log[lockIsGone(error) ? 'debug' : 'warn']({ error: error.message }, 'bullmq worker error'),
  );
  await worker.waitUntilReady();
  worker
    .run()
    .catch((error: unknown) => log.error({ error: String(error) }, 'bullmq worker ended'));
  log.info('taking jobs');

  return {
    async close(limitMs) {
      await within('the bullmq worker closes', worker.close(true), { limitMs }).catch(
        (error: unknown) => log.warn({ error: String(error) }, 'not closed in order'),
      );
      redis.disconnect();
    },
  };
}

function termsOf({
  environment,
  concurrency,
}: JobSourceOptions): Omit<WorkerOptions, 'connection'> {
  const common = {
    concurrency,
    autorun: false, // not before its listeners are there
    runRetryDelay: 1000, // BullMQ's own default of 15 s is longer than a load
  };
  if (environment.LOAD.topology !== 'lease') return common;
  const { leaseMs, checkEveryMs, runs } = leaseTermsOf(environment.LOAD);
  return {
    ...common,
    lockDuration: leaseMs,
    skipLockRenewal: true,
    stalledInterval: checkEveryMs,
    maxStalledCount: runs - 1,
  };
}

/** BullMQ tells it by the text only. */
function outlived(error: Error): boolean {
  return error.message === 'job stalled more than allowable limit';
}

/** The run's lock ended, or is another run's, or the job was finished by another run and is gone. */
function lockIsGone(error: Error & { readonly code?: unknown }): boolean {
  const { JobLockNotExist, JobLockMismatch, JobNotExist } = ErrorCode;
  return [JobLockNotExist, JobLockMismatch, JobNotExist].some((code) => code === error.code);
}
