import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { dropsExpired, wholeTtlMs } from '../parts/deadline.ts';
import { whereOneQueueServes } from '../parts/topologies.ts';
import type { Policy, PolicySetting } from '../policy.ts';

/** A request expires in the queue while there is still time to serve it in 99 of 100 cases. */
export const deadlineMinusP99: Policy = {
  name: 'deadline-minus-p99',
  title: 'deadline less p99 of service',
  family: 'queue',
  summary:
    'Requests expire at T less the 99th percentile of the service time; callers try again at once.',
  source: 'deadline propagation with the time that serving takes set aside',
  topologies: whereOneQueueServes,
  facts: (setting) => attemptsFacts(setting.attempts, { messageTtlMs: ttlMsOf(setting) }),
  caller: ({ attempts }) => attemptsCaller(attempts, atOnce),
  queue: (setting) => ({ messageTtlMs: ttlMsOf(setting) }),
  server: () => dropsExpired,
};

/** The 99th percentile of an exponential distribution is ln(100) times its mean. */
function ttlMsOf({ timeoutMs, serviceMs }: PolicySetting): number {
  return wholeTtlMs(timeoutMs - serviceMs * Math.log(100));
}
