/** Which jobs of a pool are over. A job may end twice (two runs under one lease): its first end counts. */
import type { JobEnd } from './callers.ts';
import type { World } from './world.ts';

export interface PoolJob {
  readonly job: number;
  readonly dueMs: number;
}

export class JobEnds {
  readonly #world: World;
  readonly #open = new Map<number, PoolJob>();

  constructor(world: World) {
    this.#world = world;
  }

  /** How many are not over. */
  get open(): number {
    return this.#open.size;
  }

  begin(job: PoolJob): void {
    this.#open.set(job.job, job);
  }

  end({ job, dueMs }: PoolJob, how: JobEnd): void {
    if (!this.#open.delete(job)) return;
    const { clock, tally, timings } = this.#world;
    tally.add(how);
    if (how !== 'succeeded') return;
    timings.record('job', dueMs, clock.nowMs - dueMs);
    timings.record('job-from-send', dueMs, clock.nowMs - dueMs);
  }

  /** Counting ends now: the rest goes in with the time it had taken. */
  censorTheRest(): void {
    const { clock, timings } = this.#world;
    for (const { dueMs } of this.#open.values()) {
      timings.recordCensored('job', dueMs, clock.nowMs - dueMs);
      timings.recordCensored('job-from-send', dueMs, clock.nowMs - dueMs);
    }
  }
}
