/** Makes single attempts at one hop's queue: an attempt that is not answered within T is over for its caller, and its message stays. */
import type { LoadCount } from '@lab/contract';

import type { RequestQueue } from './request-queue.ts';
import type { Answer } from './request.ts';
import type { World } from './world.ts';

export type AttemptOutcome = Answer | 'timeout' | 'rejected';

export interface AttemptToMake {
  readonly job: number;
  readonly attempt: number;
  readonly dueMs: number;
}

export interface Pending {
  readonly dueMs: number;
  readonly sentMs: number;
}

export interface RequesterOptions {
  readonly queue: RequestQueue;
  /** Whether it calls the last queue, whose counts are the load's. */
  readonly last: boolean;
}

export class Requester {
  /** Attempts that the broker took. */
  reached = 0;
  readonly #world: World;
  readonly #options: RequesterOptions;
  readonly #pending = new Set<Pending>();

  constructor(world: World, options: RequesterOptions) {
    this.#world = world;
    this.#options = options;
  }

  /**
   * @param ended told once how the attempt ended
   * @param answeredLate told when an answer comes after a timeout
   */
  request(
    { job, attempt, dueMs }: AttemptToMake,
    ended: (outcome: AttemptOutcome) => void,
    answeredLate: () => void = () => undefined,
  ): void {
    const { clock, setting } = this.#world;
    const sentMs = clock.nowMs;
    const deadlineMs = sentMs + setting.timeoutMs;
    const pending: Pending = { dueMs, sentMs };
    const settle = (outcome: AttemptOutcome, count: LoadCount | null): void => {
      if (!this.#pending.delete(pending)) return;
      if (count !== null) this.#count(count);
      ended(outcome);
    };
    const answered = (answer: Answer): void => {
      if (this.#pending.has(pending)) return settle(answer, answer === 'error' ? 'errors' : null);
      this.#count('late');
      answeredLate();
    };

    this.#pending.add(pending);
    this.#count('sent');
    clock.at(deadlineMs, () => settle('timeout', 'timedOut'));
    const taken = this.#options.queue.publish({
      job,
      attempt,
      dueMs,
      sentMs,
      deadlineMs,
      answered,
    });
    if (taken === 'taken') {
      this.reached += 1;
      this.#count('reached');
    }
    // The refusal is an answer of the broker's: it comes after this call, though no later.
    if (taken === 'rejected') clock.at(sentMs, () => settle('rejected', 'rejected'));
  }

  /** Attempts that are not over. */
  pending(): ReadonlySet<Pending> {
    return this.#pending;
  }

  #count(count: LoadCount): void {
    if (this.#options.last) this.#world.tally.add(count);
  }
}
