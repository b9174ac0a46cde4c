/**
 * The pool's side of the job queue on RabbitMQ. The slots are the prefetch: the broker hands out as many jobs as
 * there are slots and the next when one is acknowledged. Giving a job back is publishing it again, with what it has
 * been through written in it, and then acknowledging the old message on the same channel: the broker does both in
 * that order, so a lost connection can double a job but not lose it.
 */
import { loadQueues, within } from '@lab/contract';
import { requeueDelayMs, type JobMessage } from '@lab/workload';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';

import { connectRabbitmq } from '../connection.ts';
import type { Ending, JobSource, JobSourceOptions } from './job-queue.ts';
import { declareJobs, delayQueue } from './rabbitmq.ts';

export async function openJobSource(options: JobSourceOptions): Promise<JobSource> {
  const { environment, log } = options;
  let closing = false;

  const subscribe = async (model: ChannelModel): Promise<void> => {
    const channel = await model.createChannel();
    let open = true;
    const giveUp = (why: string): void => {
      open = false;
      if (closing) return;
      log.warn(why);
      model.close().catch(() => undefined); // closed already is as good; recovery makes the next one
    };
    channel.on('error', (error) => log.warn({ error: error.message }, 'amqp channel error'));
    channel.on('close', () => giveUp('amqp channel closed'));
    await declareJobs(channel, environment.LOAD);
    await channel.prefetch(options.concurrency);
    await channel.consume(loadQueues.jobs, (message) => {
      if (message === null) return giveUp('the broker cancelled the consumer');
      if (closing) return; // closing the channel gives it back
      void attend(message, channel, () => open);
    });
    log.info('taking jobs');
  };

  const attend = async (
    message: ConsumeMessage,
    channel: Channel,
    isOpen: () => boolean,
  ): Promise<void> => {
    const job = JSON.parse(message.content.toString('utf8')) as JobMessage; // our own client wrote it, to a queue of our own
    const ending = await options.run({ job, run: job.attemptsMade + 1 });
    try {
      if (!isOpen()) throw new Error('its channel is gone');
      if (ending.kind === 'again') giveBack(channel, job, ending);
      channel.ack(message);
    } catch (error) {
      // amqplib throws while a channel closes. The broker delivers the job again.
      log.debug({ job: job.job, error: String(error) }, 'not settled');
    }
  };

  const giveBack = (
    channel: Channel,
    job: JobMessage,
    ending: Ending & { kind: 'again' },
  ): void => {
    const waitsMs = requeueDelayMs(environment.LOAD, ending.delayMs);
    const again: JobMessage = {
      ...job,
      attemptsMade: job.attemptsMade + 1,
      previousDelayMs: ending.delayMs,
    };
    channel.sendToQueue(
      waitsMs === 0 ? loadQueues.jobs : delayQueue(waitsMs),
      Buffer.from(JSON.stringify(again)),
      { messageId: `job-${job.job}`, persistent: false },
    );
  };

  const connection = await connectRabbitmq(environment.RABBITMQ_URL, log, subscribe);
  return {
    async close(limitMs) {
      closing = true;
      await within('the job connection closes', connection.close(), { limitMs }).catch(
        (error: unknown) => log.warn({ error: String(error) }, 'not closed in order'),
      );
    },
  };
}
