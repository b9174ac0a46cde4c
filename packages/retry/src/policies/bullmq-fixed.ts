import { bullmqCaller, bullmqFacts } from '../parts/bullmq-backoff.ts';
import { scaledMs } from '../parts/scale.ts';
import type { BullmqRules, Policy, PolicySetting } from '../policy.ts';

/** A waiting job does not hold its slot, so nothing bounds how many wait. */
export const bullmqFixed: Policy = {
  name: 'bullmq-fixed',
  title: 'BullMQ fixed 200 ms',
  family: 'bullmq',
  summary: 'The job goes back to its queue and waits the same time before every retry.',
  source: 'BullMQ 6.7, Backoffs.builtinStrategies.fixed',
  topologies: ['re-enqueue'],
  facts: (setting) => bullmqFacts(rulesOf(setting)),
  caller: (setting, random) => bullmqCaller(rulesOf(setting), random),
  bullmq: rulesOf,
};

function rulesOf(setting: PolicySetting): BullmqRules {
  return {
    attempts: setting.attempts,
    backoff: { type: 'fixed', delay: Math.round(scaledMs(setting, 200)), jitter: 0 },
  };
}
