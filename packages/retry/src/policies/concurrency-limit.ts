import { atOnce, attemptsCaller } from '../parts/attempts.ts';
import { capacityWithinTimeout } from '../parts/scale.ts';
import { wherePoolsWork } from '../parts/topologies.ts';
import type { Policy, PolicySetting } from '../policy.ts';

/** As many requests under way as can be answered in time: W callers of T each ask for at most W / T a second. */
export const concurrencyLimit: Policy = {
  name: 'concurrency-limit',
  title: 'concurrency limit 0.8 mu T',
  family: 'pool',
  summary: 'At most 0.8 mu T jobs at a time; tries again at once.',
  source: 'BullMQ global concurrency, RabbitMQ prefetch x workers; stuck only if W >= mu T',
  topologies: wherePoolsWork,
  facts(setting) {
    const concurrency = concurrencyOf(setting);
    const attemptsPerJob = concurrency / ((setting.offeredPerS * setting.timeoutMs) / 1000);
    return {
      attempts: setting.attempts,
      aMax: Math.min(setting.attempts, attemptsPerJob),
      beta: null,
      reserve: null,
      parameters: { attempts: setting.attempts, concurrency },
    };
  },
  caller: ({ attempts }) => attemptsCaller(attempts, atOnce),
  concurrency: concurrencyOf,
  bullmq: ({ attempts }) => ({ attempts, backoff: null }),
};

function concurrencyOf(setting: PolicySetting): number {
  return Math.max(1, Math.floor(0.8 * capacityWithinTimeout(setting)));
}
