/**
 * FM_001: a job is delivered twice and its effect happens twice.
 *
 *   RabbitMQ   worker A applies the effect, its ack is lost, the broker delivers again to B.
 *   BullMQ     worker A is cut off longer than its lease, B takes the job over, A comes back and goes on.
 *
 * The duplicate is not a bug of the broker: at-least-once delivery promises it. What decides is whether claim
 * and effect are one atomic step in the effect's own store.
 */
import { defineFailureMode } from '@lab/harness';

import { bullmq } from './bullmq.ts';
import { rabbitmq } from './rabbitmq.ts';

export default defineFailureMode({
  id: 'FM_001_duplicate_delivery',
  title: 'Retry duplication: one job, two effects',
  summary: 'A redelivered job applies its effect twice, because delivery is at least once.',
  breaks: 'INV_001',
  judged: ['INV_001', 'INV_004', 'INV_005', 'INV_006', 'INV_011', 'INV_012', 'INV_014'],
  determinism: 'D1',
  experiments: { rabbitmq, bullmq },
});
