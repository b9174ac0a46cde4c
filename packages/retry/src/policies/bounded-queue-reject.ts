import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { queueBoundOf } from '../parts/bounded-queue.ts';
import { whereOneQueueServes } from '../parts/topologies.ts';
import type { Policy } from '../policy.ts';

/** Clients storm as ever; the queue stays short enough that what is in it is still wanted when it is served. */
export const boundedQueueReject: Policy = {
  name: 'bounded-queue-reject',
  title: 'bounded queue, reject-publish',
  family: 'queue',
  summary: 'A queue of 0.8 mu T refuses what is too much; callers try again at once.',
  source: 'RabbitMQ, x-max-length with x-overflow reject-publish',
  topologies: whereOneQueueServes,
  facts: (setting) => attemptsFacts(setting.attempts, { queueMaxMessages: queueBoundOf(setting) }),
  caller: ({ attempts }) => attemptsCaller(attempts, atOnce),
  queue: (setting) => ({ maxLength: queueBoundOf(setting), overflow: 'reject-publish' }),
};
