import { attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import type { Backoff } from '../parts/jitter.ts';
import { scaledMs } from '../parts/scale.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Policy, PolicySetting } from '../policy.ts';

export const decorrelatedJitter: Policy = {
  name: 'decorrelated-jitter',
  title: 'decorrelated jitter',
  family: 'attempts',
  summary: 'Waits anything from the base to three times what it waited before, at most the cap.',
  source: 'Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015',
  topologies: whereCallersRetry,
  facts: (setting) => attemptsFacts(setting.attempts, { ...backoffOf(setting) }),
  caller(setting, random) {
    const { baseMs, capMs } = backoffOf(setting);
    return attemptsCaller(setting.attempts, ({ previousDelayMs }) => {
      const highestMs = 3 * Math.max(baseMs, previousDelayMs);
      return Math.min(capMs, baseMs + random() * (highestMs - baseMs));
    });
  },
};

function backoffOf(setting: PolicySetting): Backoff {
  return { baseMs: scaledMs(setting, 100), capMs: scaledMs(setting, 5000) };
}
