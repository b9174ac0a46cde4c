/**
 * The retry quota of the AWS SDKs' standard mode: a bucket of 500 that retries are paid out of. A retry that succeeds
 * gets its cost back; a job that succeeds at its first attempt adds one.
 */
import type { AttemptFailure, Caller, PolicySetting } from '../policy.ts';
import { budgetCaller, type Budget } from './budget.ts';
import { fullJitterMs } from './jitter.ts';
import { scaledMs } from './scale.ts';

interface Quota {
  readonly capacity: number;
  readonly costOf: (reason: AttemptFailure['reason']) => number;
}

const attemptsOfStandardMode = 3;
export const quotaCapacity = 500;
const capMs = 20_000;

/** What tells one version of standard mode from another: what a retry costs, and the first waits at T = 500 ms. */
export interface StandardMode {
  readonly costOf: Quota['costOf'];
  readonly baseMs: number;
  readonly throttlingBaseMs: number;
}

/** The most attempts of a job: the setting's, or standard mode's three where those are fewer. */
export function attemptsOf({ attempts }: Pick<PolicySetting, 'attempts'>): number {
  return Math.min(attempts, attemptsOfStandardMode);
}

/** The waits as a policy's parameters. */
export function backoffParameters(
  setting: PolicySetting,
  { baseMs, throttlingBaseMs }: StandardMode,
): Record<'baseMs' | 'throttlingBaseMs' | 'capMs', number> {
  return {
    baseMs: scaledMs(setting, baseMs),
    throttlingBaseMs: scaledMs(setting, throttlingBaseMs),
    capMs: scaledMs(setting, capMs),
  };
}

/** A caller in standard mode: quota, full jitter. A refusal by a full queue is what the SDKs call throttling. */
export function standardModeCaller(
  setting: PolicySetting,
  mode: StandardMode,
  random: () => number,
): Caller {
  const { baseMs, throttlingBaseMs, capMs: cap } = backoffParameters(setting, mode);
  return budgetCaller(
    attemptsOf(setting),
    quotaBudget({ capacity: quotaCapacity, costOf: mode.costOf }),
    ({ attempt, reason }) =>
      fullJitterMs(
        { baseMs: reason === 'rejected' ? throttlingBaseMs : baseMs, capMs: cap },
        attempt,
        random(),
      ),
  );
}

/**
 * A caller is not told which retry it was that succeeded, so the refund is what the latest retry cost: the same
 * whenever failures of one kind follow each other.
 */
function quotaBudget({ capacity, costOf }: Quota): Budget {
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
