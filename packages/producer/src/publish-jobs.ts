/**
 * Publishes jobs through any transport with a bounded number of them unconfirmed, and gives every one an outcome:
 * `ok` the broker took it, `fail` it certainly did not, `info` nobody knows.
 */
import type { Job, Journal } from '@lab/contract';

/** How one publish ended; never read `info` as `fail`. */
export type PublishOutcome =
  | { readonly phase: 'ok' }
  | { readonly phase: 'fail' | 'info'; readonly detail: string };

/** What a message transport is to the producer. */
export interface Publisher {
  /** Publishes once, with the job's key as message id. Never rejects and never publishes again by itself. */
  publish(job: Job): Promise<PublishOutcome>;
  close(): Promise<void>;
}

export interface PublishOptions {
  readonly publisher: Publisher;
  /** Most publishes in flight. */
  readonly window: number;
  /** A publish with no outcome after this long ends as `info`, ms. */
  readonly timeoutMs: number;
  readonly journal: Journal;
  /** Told of every outcome; awaited before the job's place in the window is free again. */
  onOutcome?(job: Job, outcome: PublishOutcome): Promise<void> | void;
  /** Stops taking further jobs; those in flight still get their outcome. */
  readonly signal?: AbortSignal;
}

export interface PublishTally {
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
}

/** @returns how many publishes ended in which way; fewer than there were jobs only after an abort. */
export async function publishJobs(
  jobs: Iterable<Job>,
  options: PublishOptions,
): Promise<PublishTally> {
  const { publisher, journal, window, timeoutMs } = options;
  const tally = { ok: 0, fail: 0, info: 0 };
  const source = Iterator.from(jobs); // one iterator, drawn on by every lane

  const lane = async (): Promise<void> => {
    for (const job of source) {
      if (options.signal?.aborted === true) return;
      const { key, correlationId, causationId } = job;
      const event = { kind: 'job', op: 'publish', key, correlationId, causationId } as const;
      journal.record({ ...event, phase: 'invoke' });
      const outcome = await withinLimit(publisher.publish(job), timeoutMs);
      tally[outcome.phase]++;
      journal.record({ ...event, ...outcome });
      await options.onOutcome?.(job, outcome);
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  return tally;
}

async function withinLimit(
  publish: Promise<PublishOutcome>,
  limitMs: number,
): Promise<PublishOutcome> {
  const { promise, resolve } = Promise.withResolvers<PublishOutcome>();
  const timer = setTimeout(
    () => resolve({ phase: 'info', detail: `no answer within ${limitMs} ms` }),
    limitMs,
  );
  try {
    return await Promise.race([publish, promise]);
  } finally {
    clearTimeout(timer);
  }
}
