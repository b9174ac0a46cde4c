import { bullmqCaller, bullmqFacts } from '../parts/bullmq-backoff.ts';
import { scaledMs } from '../parts/scale.ts';
import type { BullmqRules, Policy, PolicySetting } from '../policy.ts';

/** A waiting job does not hold its slot, so nothing bounds how many wait. */
export const bullmqExponential: Policy = {
  name: 'bullmq-exponential',
  title: 'BullMQ exponential 100 ms',
  family: 'bullmq',
  summary:
    'The job goes back to its queue and waits twice as long before every further retry, without a cap.',
  source: 'BullMQ 6.7, Backoffs.builtinStrategies.exponential',
  topologies: ['re-enqueue'],
  facts: (setting) => bullmqFacts(rulesOf(setting)),
  caller: (setting, random) => bullmqCaller(rulesOf(setting), random),
  bullmq: rulesOf,
};

function rulesOf(setting: PolicySetting): BullmqRules {
  return {
    attempts: setting.attempts,
    backoff: { type: 'exponential', delay: Math.round(scaledMs(setting, 100)), jitter: 0 },
  };
}
