import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { capacityWithinTimeout, scaledMs } from '../parts/scale.ts';
import { whereOneQueueServes } from '../parts/topologies.ts';
import type { Policy, PolicySetting, ServerRules } from '../policy.ts';

export const codelLifo: Policy = {
  name: 'codel-lifo',
  title: 'CoDel and newest first',
  family: 'server',
  summary:
    'While the queue has not been empty for 100 ms: newest first, and what waited 5 ms is dropped. Else oldest first.',
  source: 'Facebook: Maurer, "Fail at Scale", ACM Queue 2015 (controlled delay, adaptive LIFO)',
  topologies: whereOneQueueServes,
  facts(setting) {
    const { codelTargetMs, codelIntervalMs, buffer } = rulesOf(setting);
    return attemptsFacts(setting.attempts, {
      codelTargetMs: codelTargetMs ?? 'none',
      codelIntervalMs,
      bufferMessages: buffer,
    });
  },
  caller: ({ attempts }) => attemptsCaller(attempts, atOnce),
  server: rulesOf,
};

/** The interval is also the longest that anything waits outside overload: a queue in which it did was not empty so long. */
function rulesOf(setting: PolicySetting): ServerRules {
  return {
    order: 'adaptive-lifo',
    dropExpired: false,
    codelTargetMs: scaledMs(setting, 5),
    codelIntervalMs: scaledMs(setting, 100),
    buffer: Math.min(65_535, Math.ceil(100 * capacityWithinTimeout(setting))),
  };
}
