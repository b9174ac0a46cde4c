/**
 * The client makes the attempts itself (`rpc`, `layers`). In a closed loop a job that is due waits, without being sent,
 * until one of so many callers is free.
 */
import { Callers, type JobEnd } from './callers.ts';
import type { Offer } from './offer.ts';
import type { Requester } from './requester.ts';
import { Ring } from './ring.ts';
import type { World } from './world.ts';

interface Job {
  readonly job: number;
  readonly dueMs: number;
}

export class Calls implements Offer {
  readonly #world: World;
  readonly #requester: Requester;
  readonly #callers: Callers;
  readonly #mostAtOnce: number;
  readonly #due = new Ring<Job>();
  /** Jobs that are called and not over, and when each was first sent. */
  readonly #called = new Map<Job, number>();

  constructor(world: World, requester: Requester) {
    this.#world = world;
    this.#requester = requester;
    this.#callers = new Callers(world, { requester, name: 'caller', timed: true });
    this.#mostAtOnce = world.setting.closedCallers ?? Number.POSITIVE_INFINITY;
    world.tally.sample('underWay', () => this.#called.size + this.#due.length);
    world.tally.sample('awaited', () => requester.pending().size);
  }

  offer(job: number, dueMs: number): void {
    this.#due.push({ job, dueMs });
    this.#callNext();
  }

  end(): void {
    const { timings, clock } = this.#world;
    for (const { dueMs, sentMs } of this.#requester.pending()) {
      timings.recordCensored('attempt', dueMs, clock.nowMs - sentMs);
    }
    for (const [{ dueMs }, sentMs] of this.#called) {
      timings.recordCensored('job', dueMs, clock.nowMs - dueMs);
      timings.recordCensored('job-from-send', dueMs, clock.nowMs - sentMs);
    }
    for (let job = this.#due.shift(); job !== undefined; job = this.#due.shift()) {
      timings.recordCensored('job', job.dueMs, clock.nowMs - job.dueMs);
    }
  }

  #callNext(): void {
    while (this.#called.size < this.#mostAtOnce) {
      const job = this.#due.shift();
      if (job === undefined) return;
      const sentMs = this.#world.clock.nowMs;
      this.#called.set(job, sentMs);
      this.#callers.call({ ...job, attemptsBefore: 0 }, (end) => this.#over(job, sentMs, end));
    }
  }

  #over(job: Job, sentMs: number, end: JobEnd): void {
    const { clock, tally, timings } = this.#world;
    this.#called.delete(job);
    tally.add(end);
    if (end === 'succeeded') {
      timings.record('job', job.dueMs, clock.nowMs - job.dueMs);
      timings.record('job-from-send', job.dueMs, clock.nowMs - sentMs);
    }
    this.#callNext();
  }
}
