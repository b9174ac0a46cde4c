/**
 * How long a job that is given back to its queue stays away, and when a lease that ended is noticed: what the two
 * brokers make of what a policy asks for. The pool does it and the simulator reckons with it, by these same lines.
 */
import type { LoadSetting } from '@lab/contract';

/**
 * In twentieths of the timeout (25 ms at T = 500 ms). A classic queue expires messages at its head only, so every
 * length of delay needs a queue of its own, and a continuous delay has to become one of a few.
 */
const tiers = [
  1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 200, 256, 320, 400, 800,
] as const;

/** The delays, ms and rising, for which RabbitMQ has a queue: 25 ms to 20 s at T = 500 ms. */
export function requeueTiersMs({ timeoutMs }: Pick<LoadSetting, 'timeoutMs'>): readonly number[] {
  return tiers.map((tier) => Math.max(1, Math.round((tier * timeoutMs) / 20)));
}

/**
 * What a delay asked for becomes, ms. RabbitMQ: the shortest tier that is not shorter, or the longest there is.
 * BullMQ: whole milliseconds, rounded up. No delay stays none: the job goes to the tail of its queue.
 * @throws RangeError for a delay below nought or none at all (NaN)
 */
export function requeueDelayMs(
  setting: Pick<LoadSetting, 'timeoutMs' | 'transport'>,
  delayMs: number,
): number {
  if (!(delayMs >= 0)) throw new RangeError(`a delay of ${delayMs} ms`);
  if (delayMs === 0) return 0;
  if (setting.transport === 'bullmq') return Math.ceil(delayMs);
  const all = requeueTiersMs(setting);
  const longest = all.at(-1) ?? 0;
  return all.find((tier) => tier >= delayMs) ?? longest;
}

/** The terms on which a job of the `lease` topology is handed out. */
export interface LeaseTerms {
  /** How long a run holds the job, ms: BullMQ's `lockDuration`, never renewed. */
  readonly leaseMs: number;
  /** How often runs that outlived their lease are looked for, ms: BullMQ's `stalledInterval`. Their jobs go to the head of the queue. */
  readonly checkEveryMs: number;
  /** Runs of one job at most: the first, and one for every time it may stall. */
  readonly runs: number;
}

/** T is the lease, and it is looked for twice in T, so a job is run again 1 to 1.5 T after it was taken. */
export function leaseTermsOf({ timeoutMs }: Pick<LoadSetting, 'timeoutMs'>): LeaseTerms {
  return {
    leaseMs: Math.max(1, Math.round(timeoutMs)),
    checkEveryMs: Math.max(1, Math.round(timeoutMs / 2)),
    runs: 2,
  };
}
