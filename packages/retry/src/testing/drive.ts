/** Drives one caller through jobs that come one after the other, as a test wants them to end. */
import type { AttemptFailure, Caller, PolicySetting } from '../policy.ts';

/** One client with the load of the default profile to itself. */
export const oneClient: PolicySetting = {
  timeoutMs: 500,
  attempts: 4,
  clients: 1,
  serviceMs: 40,
  capacityPerS: 200,
  offeredPerS: 140,
  queueBound: null,
  concurrency: null,
  seed: 1,
};

export interface Driven {
  readonly jobs: number;
  /** Jobs whose first attempt was not sent. */
  readonly refused: number;
  /** Attempts that were sent. */
  readonly attempts: number;
  readonly delaysMs: readonly number[];
}

export interface Drive {
  readonly jobs: number;
  readonly everyMs: number;
  readonly startMs?: number;
  readonly reason?: AttemptFailure['reason'];
  /** Whether this attempt of this job fails. */
  readonly fails: (job: number, attempt: number) => boolean;
}

/** The outcome of an attempt is told at once; that is enough for what a caller can know of the order of things. */
export function drive(
  caller: Caller,
  { jobs, everyMs, startMs = 0, reason, fails }: Drive,
): Driven {
  let refused = 0;
  let attempts = 0;
  const delaysMs: number[] = [];
  for (let job = 0; job < jobs; job += 1) {
    const nowMs = startMs + job * everyMs;
    if (!caller.begin(nowMs)) {
      refused += 1;
      continue;
    }
    let previousDelayMs = 0;
    for (let attempt = 1; ; attempt += 1) {
      attempts += 1;
      if (!fails(job, attempt)) {
        caller.succeeded(nowMs, attempt);
        break;
      }
      const delayMs = caller.failed(nowMs, {
        attempt,
        reason: reason ?? 'timeout',
        previousDelayMs,
      });
      if (delayMs === null) break;
      delaysMs.push(delayMs);
      previousDelayMs = delayMs;
    }
  }
  return { jobs, refused, attempts, delaysMs };
}
