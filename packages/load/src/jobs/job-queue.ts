/**
 * The job queue as its two users see it: the client puts jobs in, the pool takes them out. Which broker holds it is
 * the setting's; `jobs/rabbitmq.ts` and `jobs/bullmq.ts` are the two.
 */
import type { JobMessage, LoadEnvironment } from '@lab/workload';
import type { Logger } from 'pino';

/** The client's side. */
export interface JobQueue {
  /**
   * Offers one job. Never rejects, and there is no need to wait for it: any number may be under way.
   * @returns `taken`: the broker confirmed it; `refused`: it certainly has not got it; `unknown`: the connection
   *   ended before it was told
   */
  put(job: JobMessage): Promise<PutOutcome>;
  /** What is under way ends as `unknown`. */
  close(): Promise<void>;
}
export type PutOutcome = 'taken' | 'refused' | 'unknown';

/** What shall become of a job that was run. */
export type Ending =
  | { readonly kind: 'done' }
  /** Give it back: to be run again once the delay is over; 0 is at once, at the tail of the queue. */
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'given up'; readonly reason: string };

/** One run of a job by a slot of the pool. */
export interface Run {
  readonly job: JobMessage;
  /** 1 for the job's first. */
  readonly run: number;
}

export interface JobSourceOptions {
  readonly environment: LoadEnvironment;
  readonly log: Logger;
  /** Runs at a time at most: W. */
  readonly concurrency: number;
  /** Works on a job; the slot is taken until it ends. Never rejects. */
  readonly run: (run: Run) => Promise<Ending>;
  /** A job that is over although no run said so: its leases have ended. */
  readonly abandoned: (job: JobMessage) => void;
}

/** The pool's side. It takes jobs from the moment it is open; it reconnects by itself. */
export interface JobSource {
  /** Takes no more jobs and closes the connection, whatever is in hand; takes no longer than the limit. */
  close(limitMs: number): Promise<void>;
}

/**
 * Connects the client's side of the job queue that the setting names (`LOAD.transport`).
 * For RabbitMQ it needs `RABBITMQ_URL`, for BullMQ `REDIS_URL` and `KEY_PREFIX`.
 * @throws UnreachableError, EnvironmentError
 */
export async function openJobQueue(environment: LoadEnvironment, log: Logger): Promise<JobQueue> {
  // Loaded only when chosen: BullMQ costs every start a tenth of a second.
  const queue =
    environment.LOAD.transport === 'bullmq'
      ? await import('./bullmq-queue.ts')
      : await import('./rabbitmq-queue.ts');
  return queue.openJobQueue(environment, log);
}

/**
 * Connects the pool's side and begins to take jobs.
 * @throws UnreachableError, EnvironmentError
 */
export async function openJobSource(options: JobSourceOptions): Promise<JobSource> {
  const source =
    options.environment.LOAD.transport === 'bullmq'
      ? await import('./bullmq-source.ts')
      : await import('./rabbitmq-source.ts');
  return source.openJobSource(options);
}
