/**
 * Which jobs of the load are over and how long they took. A job may be told of twice (a broker may deliver it again
 * after a lost connection; two runs of one lease may both end): its first end counts. What the schedule offered and
 * nobody has ended when counting ends is censored, whether it waits in the queue, is in hand or was lost.
 */
import type { LoadSetting } from '@lab/contract';
import { arrivalsOf, type JobMessage, type Timings } from '@lab/workload';

import type { Reading, WindowCounts } from '../window-counts.ts';

export type End = 'succeeded' | 'failed' | 'refused';

export class JobEnds {
  readonly #counts: WindowCounts;
  readonly #timings: Timings;
  readonly #over = new Set<number>();
  readonly #due: Float64Array;
  #dueBy = 0;

  constructor(setting: LoadSetting, counts: WindowCounts, timings: Timings) {
    this.#due = arrivalsOf(setting);
    this.#counts = counts;
    this.#timings = timings;
  }

  /** How many jobs were due and not over, whether they wait in their queue, are in hand or were lost. */
  readonly underWay: Reading = (since, endMs) => {
    while ((this.#due[this.#dueBy] ?? Number.POSITIVE_INFINITY) < endMs) this.#dueBy += 1;
    const ended = since('succeeded') + since('failed') + since('refused');
    return this.#dueBy - this.#over.size + ended;
  };

  /** Counts and times the end of a job, unless it was over already. */
  end({ job, startedAt, dueAt, sentAt }: JobMessage, how: End, atMs: number): void {
    if (this.#over.has(job)) return;
    this.#over.add(job);
    this.#counts.add(how, atMs);
    if (how !== 'succeeded') return;
    this.#timings.record('job', dueAt - startedAt, atMs - dueAt);
    this.#timings.record('job-from-send', dueAt - startedAt, atMs - sentAt);
  }

  /** Counting ends: every job that was due and is not over goes in with the time it had taken. */
  censorTheRest(startedAt: number, nowMs: number): void {
    for (const [job, dueMs] of this.#due.entries()) {
      const takenMs = nowMs - startedAt - dueMs;
      if (takenMs <= 0) return; // jobs are in the order in which they are due
      if (this.#over.has(job)) continue;
      this.#timings.recordCensored('job', dueMs, takenMs);
      this.#timings.recordCensored('job-from-send', dueMs, takenMs); // the client sends at once, so nearly
    }
  }
}
