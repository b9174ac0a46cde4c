/**
 * The retry quota of the AWS SDKs' standard mode: a bucket of 500 that retries are paid out of. A retry that succeeds
 * gets its cost back; a job that succeeds at its first attempt adds one.
 */
import type { AttemptFailure } from '../policy.ts';
import type { Budget } from './budget.ts';

export interface Quota {
  readonly capacity: number;
  readonly costOf: (reason: AttemptFailure['reason']) => number;
}

export const attemptsOfStandardMode = 3;
export const quotaCapacity = 500;

/**
 * A caller is not told which retry it was that succeeded, so the refund is what the latest retry cost: the same
 * whenever failures of one kind follow each other.
 */
export function quotaBudget({ capacity, costOf }: Quota): Budget {
  let left = capacity;
  let latestCost = 0;
  return {
    began: () => {},
    spend(_nowMs, { reason }) {
      const cost = costOf(reason);
      if (left < cost) return false;
      left -= cost;
      latestCost = cost;
      return true;
    },
    succeeded(_nowMs, attempt) {
      left = Math.min(capacity, left + (attempt > 1 ? latestCost : 1));
    },
  };
}
