/** The client's side of the job queue on RabbitMQ: a confirm channel, and no waiting for room or confirms. */
import { loadQueues } from '@lab/contract';
import type { JobMessage, LoadEnvironment } from '@lab/workload';
import type { ConfirmChannel } from 'amqplib';
import type { Logger } from 'pino';

import { connectRabbitmq } from '../connection.ts';
import type { JobQueue, PutOutcome } from './job-queue.ts';
import { declareJobs } from './rabbitmq.ts';

export async function openJobQueue(environment: LoadEnvironment, log: Logger): Promise<JobQueue> {
  let current: ConfirmChannel | undefined;
  const connection = await connectRabbitmq(environment.RABBITMQ_URL, log, async (model) => {
    const channel = await model.createConfirmChannel();
    channel.on('error', (error) => log.warn({ error: error.message }, 'amqp channel error'));
    channel.on('close', () => {
      if (current === channel) current = undefined;
      model.close().catch(() => undefined); // closed already is as good; recovery makes the next one
    });
    await declareJobs(channel, environment.LOAD);
    current = channel;
  });
  return {
    put: (job) => put(current, job),
    async close() {
      current = undefined;
      await connection.close().catch(() => undefined); // gone already is as good
    },
  };
}

function put(channel: ConfirmChannel | undefined, job: JobMessage): Promise<PutOutcome> {
  if (channel === undefined) return Promise.resolve('refused');
  return new Promise((resolve) => {
    try {
      // `false` only means that the socket's buffer is full: an open load goes on all the same.
      channel.sendToQueue(
        loadQueues.jobs,
        Buffer.from(JSON.stringify(job)),
        { messageId: `job-${job.job}`, persistent: false },
        (error: Error | null) => resolve(outcomeOf(error)),
      );
    } catch (error) {
      resolve(
        error instanceof Error && error.name === 'IllegalOperationError' ? 'refused' : 'unknown',
      ); // thrown before a byte is written
    }
  });
}

function outcomeOf(error: Error | null): PutOutcome {
  if (error === null) return 'taken';
  return error.message === 'message nacked' ? 'refused' : 'unknown'; // else the channel ended first
}
