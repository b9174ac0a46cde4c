import { attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { type Backoff, fullJitterMs } from '../parts/jitter.ts';
import { scaledMs } from '../parts/scale.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Policy, PolicySetting } from '../policy.ts';

/** Spreads the retries out; in an open system it does not make them fewer. */
export const fullJitter: Policy = {
  name: 'full-jitter',
  title: 'full jitter',
  family: 'attempts',
  summary: 'Waits anything from 0 to an exponentially growing delay.',
  source: 'Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015',
  topologies: whereCallersRetry,
  facts: (setting) => attemptsFacts(setting.attempts, { ...backoffOf(setting) }),
  caller(setting, random) {
    const backoff = backoffOf(setting);
    return attemptsCaller(setting.attempts, ({ attempt }) =>
      fullJitterMs(backoff, attempt, random()),
    );
  },
  /** BullMQ has no cap; with the attempts that are usual here the cap is not reached. */
  bullmq: (setting) => ({
    attempts: setting.attempts,
    backoff: { type: 'exponential', delay: Math.round(backoffOf(setting).baseMs), jitter: 1 },
  }),
};

function backoffOf(setting: PolicySetting): Backoff {
  return { baseMs: scaledMs(setting, 100), capMs: scaledMs(setting, 5000) };
}
