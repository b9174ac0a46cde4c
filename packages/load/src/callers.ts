/**
 * The callers of a queue: each has its policy's state, jobs go to them in turn, and a job is attempted until it is
 * answered or its caller's policy gives it up. Waits between attempts hold nothing.
 */
import { monotonicMs, type LoadSetting } from '@lab/contract';
import { policyNamed, type Caller } from '@lab/retry';
import { streamOf } from '@lab/workload';

import type { Attempted, Requester } from './requester.ts';
import { Wakeups } from './wakeups.ts';

export interface JobToCall {
  readonly job: number;
  readonly dueAt: number;
  /** Attempts at this queue that belong to the attempts before this one at the hop before; 0 at the first. */
  readonly attemptsBefore: number;
}

/** `refused`: its caller let it not even begin; `failed`: attempted, and given up. */
export type JobEnd = 'succeeded' | 'failed' | 'refused';

export interface CallersOptions {
  readonly setting: LoadSetting;
  readonly requester: Requester;
  /** Whose callers; it seeds their jitter: `caller` makes `caller-0`, `caller-1`, ... */
  readonly name: string;
  /** Told of every attempt that was answered, with its job. */
  readonly onAnswered?: (job: JobToCall, attempted: Attempted) => void;
}

/**
 * One policy state for each of the setting's clients.
 * @param name seeds their jitter: `caller` makes `caller-0`, `caller-1`, ...
 * @throws RangeError when there is no such policy
 */
export function callersOf(setting: LoadSetting, name: string): readonly Caller[] {
  const policy = policyNamed(setting.policy);
  return Array.from({ length: setting.clients }, (_, index) =>
    policy.caller(setting, streamOf(setting.seed, `${name}-${index}`)),
  );
}

/** Jobs go to callers in turn. */
export function callerFor(callers: readonly Caller[], job: number): Caller {
  const caller = callers[job % callers.length];
  if (caller === undefined) throw new Error(`no caller for job ${job}`); // a job's number is whole and not negative
  return caller;
}

export class Callers {
  readonly #options: CallersOptions;
  readonly #callers: readonly Caller[];
  readonly #wakeups = new Wakeups();

  /** @throws RangeError when there is no such policy */
  constructor(options: CallersOptions) {
    this.#options = options;
    this.#callers = callersOf(options.setting, options.name);
  }

  /** Sends the job's first attempt before it returns, unless its caller refuses. */
  async call(job: JobToCall): Promise<JobEnd> {
    const { requester, onAnswered } = this.#options;
    const caller = callerFor(this.#callers, job.job);
    if (!caller.begin(monotonicMs())) return 'refused';
    let previousDelayMs = 0;
    for (let attempt = 1; ; attempt++) {
      const attempted = await requester.request({
        job: job.job,
        attempt: job.attemptsBefore + attempt,
        dueAt: job.dueAt,
      });
      const { outcome, endedAt } = attempted;
      if (outcome === 'ok' || outcome === 'error') onAnswered?.(job, attempted);
      if (outcome === 'ok') {
        caller.succeeded(endedAt, attempt);
        return 'succeeded';
      }
      const delayMs = caller.failed(endedAt, { attempt, reason: outcome, previousDelayMs });
      if (delayMs === null) {
        if (attempt < this.#options.setting.attempts) requester.counts.add('retriesRefused');
        return 'failed';
      }
      if (delayMs > 0) await this.#wakeups.at(endedAt + delayMs);
      previousDelayMs = delayMs;
    }
  }

  stop(): void {
    this.#wakeups.stop();
  }
}
