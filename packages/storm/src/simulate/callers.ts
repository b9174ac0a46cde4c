/** The callers of a queue, each with its policy's state: the policies' own code, driven by simulated time. */
import type { Caller } from '@lab/retry';
import { callerFor, callersOf } from '@lab/workload';

import type { AttemptOutcome, Requester } from './requester.ts';
import type { World } from './world.ts';

export interface JobToCall {
  readonly job: number;
  readonly dueMs: number;
  /** Attempts at this queue that belong to the attempts before this one at the hop before; 0 at the first. */
  readonly attemptsBefore: number;
}

export type JobEnd = 'succeeded' | 'failed' | 'refused';

export interface CallersOptions {
  readonly requester: Requester;
  readonly name: string;
  /** Whether its attempts are the ones that are timed. */
  readonly timed: boolean;
}

export class Callers {
  readonly #world: World;
  readonly #options: CallersOptions;
  readonly #callers: readonly Caller[];

  constructor(world: World, options: CallersOptions) {
    this.#world = world;
    this.#options = options;
    this.#callers = callersOf(world.setting, options.name);
  }

  /** Attempts the job until it is answered or its caller's policy gives it up. */
  call(job: JobToCall, ended: (end: JobEnd) => void): void {
    const caller = callerFor(this.#callers, job.job);
    if (caller.begin(this.#world.clock.nowMs)) this.#attempt(job, caller, 1, 0, ended);
    else ended('refused');
  }

  #attempt(
    job: JobToCall,
    caller: Caller,
    attempt: number,
    previousDelayMs: number,
    ended: (end: JobEnd) => void,
  ): void {
    const { clock, setting, tally } = this.#world;
    const sentMs = clock.nowMs;
    this.#options.requester.request(
      { job: job.job, attempt: job.attemptsBefore + attempt, dueMs: job.dueMs },
      (outcome) => {
        this.#time(outcome, job.dueMs, sentMs);
        if (outcome === 'ok') {
          caller.succeeded(clock.nowMs, attempt);
          return ended('succeeded');
        }
        const failure = { attempt, reason: outcome, previousDelayMs };
        const delayMs = caller.failed(clock.nowMs, failure);
        if (delayMs === null) {
          if (attempt < setting.attempts) tally.add('retriesRefused');
          return ended('failed');
        }
        clock.at(clock.nowMs + delayMs, () =>
          this.#attempt(job, caller, attempt + 1, delayMs, ended),
        );
      },
    );
  }

  #time(outcome: AttemptOutcome, dueMs: number, sentMs: number): void {
    const { clock, timings } = this.#world;
    if (!this.#options.timed || (outcome !== 'ok' && outcome !== 'error')) return;
    timings.record('attempt', dueMs, clock.nowMs - sentMs);
  }
}
