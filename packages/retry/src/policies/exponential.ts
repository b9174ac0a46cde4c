import { attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { type Backoff, exponentialMs } from '../parts/jitter.ts';
import { scaledMs } from '../parts/scale.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Policy, PolicySetting } from '../policy.ts';

export const exponential: Policy = {
  name: 'exponential',
  title: 'exponential 100 ms, x2, cap 5 s',
  family: 'attempts',
  summary: 'Waits twice as long before every further retry, without chance.',
  source: 'common default; AWS Builders\' Library, "Timeouts, retries and backoff with jitter"',
  topologies: whereCallersRetry,
  facts: (setting) => attemptsFacts(setting.attempts, { ...backoffOf(setting) }),
  caller(setting) {
    const backoff = backoffOf(setting);
    return attemptsCaller(setting.attempts, ({ attempt }) => exponentialMs(backoff, attempt));
  },
  /** BullMQ has no cap; with the attempts that are usual here the cap is not reached. */
  bullmq: (setting) => ({
    attempts: setting.attempts,
    backoff: { type: 'exponential', delay: Math.round(backoffOf(setting).baseMs), jitter: 0 },
  }),
};

function backoffOf(setting: PolicySetting): Backoff {
  return { baseMs: scaledMs(setting, 100), capMs: scaledMs(setting, 5000) };
}
