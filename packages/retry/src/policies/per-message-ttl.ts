import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { wholeTtlMs } from '../parts/deadline.ts';
import { whereOneQueueServes } from '../parts/topologies.ts';
import type { Policy } from '../policy.ts';

/** Placebo: the broker drops what is too old, and hands out what is almost too old. */
export const perMessageTtl: Policy = {
  name: 'per-message-ttl',
  title: 'per-message TTL',
  family: 'queue',
  summary:
    'Requests expire after T in the queue; the server works on all it gets; callers try again at once.',
  source: 'RabbitMQ, `expiration`; a popular fix',
  topologies: whereOneQueueServes,
  facts: ({ attempts, timeoutMs }) =>
    attemptsFacts(attempts, { messageTtlMs: wholeTtlMs(timeoutMs) }),
  caller: ({ attempts }) => attemptsCaller(attempts, atOnce),
  queue: ({ timeoutMs }) => ({ messageTtlMs: wholeTtlMs(timeoutMs) }),
};
