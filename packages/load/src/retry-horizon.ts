/** How long a storm can feed on what was sent before: the longest that one job goes on being attempted. */
import type { LoadSetting } from '@lab/contract';
import type { Policy } from '@lab/retry';

/** No policy of the lab attempts a job more often; one that did would have no horizon. */
const mostAttempts = 1000;

/**
 * @returns from a job's first attempt to its last timeout, ms, when every attempt times out and every jitter is drawn
 *   at its longest: n T and the policy's delays
 * @throws RangeError for a policy that never gives up
 */
export function retryHorizonMs(setting: LoadSetting, policy: Policy): number {
  const caller = policy.caller(setting, () => 1 - Number.EPSILON);
  let nowMs = 0;
  let previousDelayMs = 0;
  caller.begin(nowMs);
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    nowMs += setting.timeoutMs;
    const delayMs = caller.failed(nowMs, { attempt, reason: 'timeout', previousDelayMs });
    if (delayMs === null) return nowMs;
    nowMs += delayMs;
    previousDelayMs = delayMs;
  }
  throw new RangeError(`policy ${policy.name} goes on after ${mostAttempts} attempts`);
}
