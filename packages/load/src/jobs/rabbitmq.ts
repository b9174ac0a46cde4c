/**
 * How the job queue is declared on RabbitMQ; both sides do it. Delayed jobs wait in queues
 * of their own, one per length of delay, that nobody consumes: when their time is up they are dead-lettered to `jobs`.
 *
 *   jobs.after.200 --(x-message-ttl 200 ms, dead letter)--> jobs
 */
import { loadQueues, type LoadSetting } from '@lab/contract';
import { requeueTiersMs } from '@lab/workload';
import type { Channel, Options } from 'amqplib';

/** Nothing is written to disk: the broker's disk is not what a load measures. */
const transient: Options.AssertQueue = { durable: false, autoDelete: false, exclusive: false };

/** The queue in which a job waits that long before it is in `jobs` again. */
export function delayQueue(delayMs: number): string {
  return `${loadQueues.jobs}.after.${delayMs}`;
}

export async function declareJobs(channel: Channel, setting: LoadSetting): Promise<void> {
  await channel.assertQueue(loadQueues.jobs, transient);
  if (setting.topology !== 're-enqueue') return;
  for (const delayMs of requeueTiersMs(setting)) {
    await channel.assertQueue(delayQueue(delayMs), {
      ...transient,
      messageTtl: delayMs,
      deadLetterExchange: '',
      deadLetterRoutingKey: loadQueues.jobs,
    });
  }
}
