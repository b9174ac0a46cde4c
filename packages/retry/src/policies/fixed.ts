import { attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { scaledMs } from '../parts/scale.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Policy, PolicySetting } from '../policy.ts';

export const fixed: Policy = {
  name: 'fixed',
  title: 'fixed 200 ms',
  family: 'attempts',
  summary: 'Waits the same time before every retry.',
  source: 'common default',
  topologies: whereCallersRetry,
  facts: (setting) => attemptsFacts(setting.attempts, { delayMs: delayMsOf(setting) }),
  caller: (setting) => attemptsCaller(setting.attempts, () => delayMsOf(setting)),
  bullmq: (setting) => ({
    attempts: setting.attempts,
    backoff: { type: 'fixed', delay: Math.round(delayMsOf(setting)), jitter: 0 },
  }),
};

function delayMsOf(setting: PolicySetting): number {
  return scaledMs(setting, 200);
}
