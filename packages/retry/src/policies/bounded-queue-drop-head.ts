import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { queueBoundOf } from '../parts/bounded-queue.ts';
import { whereOneQueueServes } from '../parts/topologies.ts';
import type { Policy } from '../policy.ts';

export const boundedQueueDropHead: Policy = {
  name: 'bounded-queue-drop-head',
  title: 'bounded queue, drop-head',
  family: 'queue',
  summary:
    'A queue of 0.8 mu T throws out its oldest message for a new one; callers try again at once.',
  source: 'RabbitMQ, x-max-length with x-overflow drop-head (its default)',
  topologies: whereOneQueueServes,
  facts: (setting) => attemptsFacts(setting.attempts, { queueMaxMessages: queueBoundOf(setting) }),
  caller: ({ attempts }) => attemptsCaller(attempts, atOnce),
  queue: (setting) => ({ maxLength: queueBoundOf(setting), overflow: 'drop-head' }),
};
