import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { dropsExpired, wholeTtlMs } from '../parts/deadline.ts';
import { whereOneQueueServes } from '../parts/topologies.ts';
import type { Policy } from '../policy.ts';

/**
 * The deadline travels with the request. Under FIFO it does not help: what just survives the deadline in the queue is
 * taken up with no time left to be served in.
 */
export const deadlineTtl: Policy = {
  name: 'deadline-ttl',
  title: 'deadline as TTL',
  family: 'queue',
  summary:
    'Requests expire at their deadline in the queue and at the server; callers try again at once.',
  source:
    'deadline propagation: Google SRE, "Addressing Cascading Failures"; RabbitMQ `expiration`',
  topologies: whereOneQueueServes,
  facts: ({ attempts, timeoutMs }) =>
    attemptsFacts(attempts, { messageTtlMs: wholeTtlMs(timeoutMs) }),
  caller: ({ attempts }) => attemptsCaller(attempts, atOnce),
  queue: ({ timeoutMs }) => ({ messageTtlMs: wholeTtlMs(timeoutMs) }),
  server: () => dropsExpired,
};
