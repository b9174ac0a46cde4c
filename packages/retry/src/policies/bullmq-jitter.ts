import { bullmqCaller, bullmqFacts } from '../parts/bullmq-backoff.ts';
import { scaledMs } from '../parts/scale.ts';
import type { BullmqRules, Policy, PolicySetting } from '../policy.ts';

/** Jitter j draws from (1 - j) of the delay upwards: 0.5 is what others call equal jitter. */
export const bullmqJitter: Policy = {
  name: 'bullmq-jitter',
  title: 'BullMQ exponential, jitter 0.5',
  family: 'bullmq',
  summary:
    'The job goes back to its queue and waits half to the whole of an exponentially growing delay.',
  source: 'BullMQ 6.7, Backoffs.builtinStrategies.exponential',
  topologies: ['re-enqueue'],
  facts: (setting) => bullmqFacts(rulesOf(setting)),
  caller: (setting, random) => bullmqCaller(rulesOf(setting), random),
  bullmq: rulesOf,
};

function rulesOf(setting: PolicySetting): BullmqRules {
  return {
    attempts: setting.attempts,
    backoff: { type: 'exponential', delay: Math.round(scaledMs(setting, 100)), jitter: 0.5 },
  };
}
