import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { capacityWithinTimeout } from '../parts/scale.ts';
import { whereOneQueueServes } from '../parts/topologies.ts';
import type { Policy, PolicySetting, ServerRules } from '../policy.ts';

/** A server that serves the newest first answers somebody in time, however long the queue is. */
export const lifo: Policy = {
  name: 'lifo',
  title: 'newest first',
  family: 'server',
  summary: 'The server takes the backlog into memory and serves the newest request first.',
  source: 'Facebook: Maurer, "Fail at Scale", ACM Queue 2015, without its CoDel part',
  topologies: whereOneQueueServes,
  facts: (setting) => attemptsFacts(setting.attempts, { bufferMessages: rulesOf(setting).buffer }),
  caller: ({ attempts }) => attemptsCaller(attempts, atOnce),
  server: rulesOf,
};

/**
 * The buffer must hold the whole backlog: what stays at the broker is served oldest first whatever the server does.
 * AMQP counts the prefetch in 16 bits.
 */
function rulesOf(setting: PolicySetting): ServerRules {
  return {
    order: 'lifo',
    dropExpired: false,
    codelTargetMs: null,
    codelIntervalMs: 0,
    buffer: Math.min(65_535, Math.ceil(100 * capacityWithinTimeout(setting))),
  };
}
