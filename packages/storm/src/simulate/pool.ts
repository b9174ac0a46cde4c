/**
 * The pool: W slots that take jobs from the job queue and make requests for them. What a slot does with a job is the
 * topology's (`slots.ts`, `lease.ts`); here are the queue and the slots themselves.
 */
import type { LoadSetting } from '@lab/contract';
import type { Policy } from '@lab/retry';

import { JobEnds, type PoolJob } from './job-ends.ts';
import type { Offer } from './offer.ts';
import type { Requester } from './requester.ts';
import { Ring } from './ring.ts';
import type { World } from './world.ts';

/** A job in its queue, with what it has been through. */
export interface QueuedJob extends PoolJob {
  readonly attemptsMade: number;
  readonly previousDelayMs: number;
}

/** What the rules of a topology may do with the pool. */
export interface PoolHands {
  readonly world: World;
  readonly requester: Requester;
  readonly ends: JobEnds;
  /** Puts a job back, to be taken after all others or before them; it is lost where its queue was lost meanwhile. */
  readonly putBack: (job: QueuedJob, where: 'tail' | 'head') => void;
  /** The same after a delay, to the tail. */
  readonly putBackLater: (job: QueuedJob, delayMs: number) => void;
}

/** Works on a job; holds the slot until it calls `free`. */
export type Slot = (job: QueuedJob, free: () => void) => void;

/** @throws RangeError when neither the policy nor the setting says how many jobs the pool works on at a time */
export function concurrencyOf(setting: LoadSetting, policy: Policy): number {
  const concurrency = policy.concurrency?.(setting) ?? setting.concurrency;
  if (concurrency === null) throw new RangeError('a pool needs `concurrency`: W, jobs at a time');
  return concurrency;
}

export class Pool implements Offer {
  readonly #world: World;
  readonly #ends: JobEnds;
  readonly #slot: Slot;
  readonly #concurrency: number;
  readonly #jobs = new Ring<QueuedJob>();
  #busy = 0;
  #up = true;
  /** Counts the losses of the queue: what was taken or delayed before one cannot come back after it. */
  #epoch = 0;

  constructor(world: World, requester: Requester, slotOf: (hands: PoolHands) => Slot) {
    this.#world = world;
    this.#ends = new JobEnds(world);
    this.#concurrency = concurrencyOf(world.setting, world.policy);
    this.#slot = slotOf({
      world,
      requester,
      ends: this.#ends,
      putBack: (job, where) => this.#putBack(job, where),
      putBackLater: (job, delayMs) => {
        const epoch = this.#epoch;
        world.clock.at(world.clock.nowMs + delayMs, () => {
          if (epoch === this.#epoch) this.#putBack(job, 'tail');
        });
      },
    });
    world.tally.sample('jobsDepth', () => this.#jobs.length);
    world.tally.sample('underWay', () => this.#ends.open);
    world.tally.sample('awaited', () => requester.pending().size);
    this.#liveThroughRestart();
  }

  offer(job: number, dueMs: number): void {
    const queued = { job, dueMs, attemptsMade: 0, previousDelayMs: 0 };
    this.#ends.begin(queued);
    if (this.#up) this.#putBack(queued, 'tail');
  }

  end(): void {
    this.#ends.censorTheRest();
  }

  #putBack(job: QueuedJob, where: 'tail' | 'head'): void {
    if (where === 'tail') this.#jobs.push(job);
    else this.#jobs.unshift(job);
    this.#fill();
  }

  #fill(): void {
    while (this.#busy < this.#concurrency) {
      const job = this.#jobs.shift();
      if (job === undefined) return;
      const epoch = this.#epoch;
      this.#busy += 1;
      this.#slot(job, () => {
        if (epoch !== this.#epoch) return; // its slot was counted on a connection that is gone
        this.#busy -= 1;
        this.#fill();
      });
    }
  }

  /** Jobs on RabbitMQ are as transient as requests; BullMQ's are in Redis, which is not touched. */
  #liveThroughRestart(): void {
    const { clock, setting, trigger } = this.#world;
    if (trigger.kind !== 'restart' || setting.transport === 'bullmq') return;
    clock.at(trigger.onMs, () => {
      this.#up = false;
      this.#epoch += 1;
      this.#busy = 0;
      this.#jobs.clear();
    });
    clock.at(trigger.reconnectedMs, () => {
      this.#up = true;
      this.#fill();
    });
  }
}
