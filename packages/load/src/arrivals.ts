/**
 * Offers every job when it is due, whatever became of those before: late by what the timer is late, then all that have
 * come due at once, and none is left out.
 */
import { monotonicMs } from '@lab/contract';
import type { Timings } from '@lab/workload';

import { Alarm } from './alarm.ts';
import type { Offer } from './offers/offer.ts';

export interface ArrivalsOptions {
  /** When each job is due, ms since the start, rising. */
  readonly schedule: Float64Array;
  readonly startedAt: number;
  readonly lengthMs: number;
  /** Before this nothing that is offered is measured (the programs are cold), so nor is how late it was, ms. */
  readonly settledMs: number;
  readonly offer: Offer;
  readonly timings: Timings;
}

export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #alarm = new Alarm((nowMs) => this.#ring(nowMs));
  readonly #over = Promise.withResolvers<boolean>();
  #next = 0;
  #ended = false;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /**
   * @param enough ends it as its time would
   * @returns when the load's time is over, true; when it was stopped before, false.
   */
  async run(stop: AbortSignal, enough: AbortSignal): Promise<boolean> {
    const { offer, startedAt } = this.#options;
    stop.addEventListener('abort', () => this.#end(monotonicMs(), false));
    enough.addEventListener('abort', () => this.#end(monotonicMs(), true));
    offer.start(startedAt, (nowMs) => this.#offerUntil(nowMs));
    if (stop.aborted) this.#end(startedAt, false);
    else this.#arm();
    return this.#over.promise;
  }

  #ring(nowMs: number): void {
    this.#offerUntil(nowMs);
    if (nowMs >= this.#endAt) this.#end(this.#endAt, true);
    else this.#arm();
  }

  #offerUntil(nowMs: number): void {
    const { schedule, startedAt, offer, timings, settledMs } = this.#options;
    for (let dueMs = schedule[this.#next]; dueMs !== undefined; dueMs = schedule[this.#next]) {
      const dueAt = startedAt + dueMs;
      if (dueAt > nowMs) return;
      if (dueMs >= settledMs) timings.record('send-lag', dueMs, monotonicMs() - dueAt);
      offer.offer(this.#next++, dueAt);
    }
  }

  #arm(): void {
    const dueMs = this.#options.schedule[this.#next];
    this.#alarm.set(dueMs === undefined ? this.#endAt : this.#options.startedAt + dueMs);
  }

  #end(atMs: number, completed: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#alarm.stop();
    this.#options.offer.end(atMs);
    this.#over.resolve(completed);
  }

  get #endAt(): number {
    return this.#options.startedAt + this.#options.lengthMs;
  }
}
