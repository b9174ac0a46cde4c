/**
 * The callers of a queue: each has its policy's state, jobs go to them in turn, and a job is attempted until it is
 * answered or its caller's policy gives it up. Waits between attempts hold nothing.
 */
import { monotonicMs, type LoadSetting } from '@lab/contract';
import type { AttemptFailure, Caller } from '@lab/retry';
import { callerFor, callersOf } from '@lab/workload';

import type { Attempted, Attempter, Requester } from './requester.ts';
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

export class Callers {
  readonly #options: CallersOptions;
  readonly #callers: readonly Caller[];
  readonly #wakeups = new Wakeups();

  /** @throws RangeError when there is no such policy */
  constructor(options: CallersOptions) {
    this.#options = options;
    this.#callers = callersOf(options.setting, options.name);
  }

  /**
   * Sends the job's first attempt before it returns, unless its caller refuses.
   * @param ended told once, and never before this returns
   */
  begin(job: JobToCall, ended: (end: JobEnd) => void): void {
    const caller = callerFor(this.#callers, job.job);
    if (caller.begin(monotonicMs())) {
      new Call(this.#options, this.#wakeups, caller, job, ended).send();
    } else {
      queueMicrotask(() => ended('refused'));
    }
  }

  /** The same with a promise, which never rejects. */
  call(job: JobToCall): Promise<JobEnd> {
    const { promise, resolve } = Promise.withResolvers<JobEnd>();
    this.begin(job, resolve);
    return promise;
  }

  stop(): void {
    this.#wakeups.stop();
  }
}

/** One job on its way from attempt to attempt. */
class Call implements Attempter {
  readonly #options: CallersOptions;
  readonly #wakeups: Wakeups;
  readonly #caller: Caller;
  readonly #job: JobToCall;
  readonly #ended: (end: JobEnd) => void;
  #attempt = 0;
  #previousDelayMs = 0;

  constructor(
    options: CallersOptions,
    wakeups: Wakeups,
    caller: Caller,
    job: JobToCall,
    ended: (end: JobEnd) => void,
  ) {
    this.#options = options;
    this.#wakeups = wakeups;
    this.#caller = caller;
    this.#job = job;
    this.#ended = ended;
  }

  /** Sends the next attempt. */
  send(): void {
    const { job, dueAt, attemptsBefore } = this.#job;
    const attempt = attemptsBefore + ++this.#attempt;
    this.#options.requester.send({ job, attempt, dueAt }, this);
  }

  attempted(attempted: Attempted): void {
    const { outcome, endedAt } = attempted;
    if (outcome === 'ok' || outcome === 'error') this.#options.onAnswered?.(this.#job, attempted);
    if (outcome === 'ok') {
      this.#caller.succeeded(endedAt, this.#attempt);
      this.#ended('succeeded');
    } else {
      this.#failed(outcome, endedAt);
    }
  }

  #failed(reason: AttemptFailure['reason'], nowMs: number): void {
    const { setting, requester } = this.#options;
    const [attempt, previousDelayMs] = [this.#attempt, this.#previousDelayMs];
    const delayMs = this.#caller.failed(nowMs, { attempt, reason, previousDelayMs });
    if (delayMs === null) {
      if (attempt < setting.attempts) requester.counts.add('retriesRefused', nowMs);
      this.#ended('failed');
      return;
    }
    this.#previousDelayMs = delayMs;
    if (delayMs === 0) this.send();
    else void this.#wakeups.at(nowMs + delayMs).then(() => this.send());
  }
}
