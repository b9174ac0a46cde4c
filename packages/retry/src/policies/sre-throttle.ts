import { scaledMs } from '../parts/scale.ts';
import { SlidingSum } from '../parts/sliding-sum.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Caller, Policy, PolicySetting } from '../policy.ts';

/** K: how many requests a client may send for each that is accepted. */
const requestsPerAccept = 2;
const windowMs = 120_000;

/** A client that counts its own successes and turns requests away itself when they are few. */
export const sreThrottle: Policy = {
  name: 'sre-throttle',
  title: 'SRE adaptive throttling K = 2',
  family: 'throttle',
  summary:
    'Turns an attempt away with probability (requests - 2 accepts) / (requests + 1) of the last 2 min.',
  source: 'Google SRE, "Handling Overload": client-side throttling',
  topologies: whereCallersRetry,
  facts: (setting) => ({
    attempts: setting.attempts,
    // While every attempt fails nearly all are turned away; while some succeed, twice as many are sent.
    aMax: Math.min(setting.attempts, requestsPerAccept),
    beta: null,
    reserve: null,
    parameters: {
      attempts: setting.attempts,
      requestsPerAccept,
      windowMs: scaledMs(setting, windowMs),
    },
  }),
  caller: throttle,
};

/** First attempts and retries alike are requests, and so are those turned away: that is what lets the share recover. */
function throttle(setting: PolicySetting, random: () => number): Caller {
  const requests = new SlidingSum(scaledMs(setting, windowMs), 120);
  const accepts = new SlidingSum(scaledMs(setting, windowMs), 120);
  const letsThrough = (nowMs: number): boolean => {
    const asked = requests.sum(nowMs);
    const turnedAway = (asked - requestsPerAccept * accepts.sum(nowMs)) / (asked + 1);
    requests.add(nowMs, 1);
    return random() >= turnedAway;
  };
  return {
    begin: letsThrough,
    failed: (nowMs, { attempt }) => (attempt < setting.attempts && letsThrough(nowMs) ? 0 : null),
    succeeded: (nowMs) => accepts.add(nowMs, 1),
  };
}
