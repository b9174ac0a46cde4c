import { attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { type Backoff, fullJitterMs } from '../parts/jitter.ts';
import { scaledMs } from '../parts/scale.ts';
import type { Policy, PolicySetting } from '../policy.ts';

/** The one place where jitter helps: while a job waits it holds its slot, so the pool offers less. */
export const inSlotJitter: Policy = {
  name: 'in-slot-jitter',
  title: 'full jitter in the slot',
  family: 'pool',
  summary: 'Full jitter, waited for inside the worker slot.',
  source: 'closed system of W callers: moves the edge from W = mu T to about 1.3 mu T',
  topologies: ['in-slot'],
  facts: (setting) => attemptsFacts(setting.attempts, { ...backoffOf(setting) }),
  caller(setting, random) {
    const backoff = backoffOf(setting);
    return attemptsCaller(setting.attempts, ({ attempt }) =>
      fullJitterMs(backoff, attempt, random()),
    );
  },
};

function backoffOf(setting: PolicySetting): Backoff {
  return { baseMs: scaledMs(setting, 100), capMs: scaledMs(setting, 5000) };
}
