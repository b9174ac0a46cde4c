/**
 * RabbitMQ with publisher confirms. A confirm alone is not enough: an unroutable message is confirmed as well,
 * after it came back as a return, so `mandatory` is set and returns are remembered until their confirm.
 */
import { queueDeclarations, queueNames, UnreachableError, type QueueType } from '@lab/contract';
import amqp, { type ChannelModel } from 'amqplib';
import type { Logger } from 'pino';

import type { Publisher, PublishOutcome } from '../publish-jobs.ts';

export interface RabbitmqPublisherOptions {
  /** With vhost. */
  readonly url: string;
  readonly queueType: QueueType;
  readonly log: Logger;
}

/** Connects and declares the topology. @throws UnreachableError */
export async function openRabbitmqPublisher(options: RabbitmqPublisherOptions): Promise<Publisher> {
  const { log } = options;
  const connection = await connect(options.url);
  connection.on('error', (error) => log.warn({ error: error.message }, 'amqp connection error'));
  connection.on('close', () => log.info('amqp connection closed'));
  connection.on('blocked', (reason) => log.warn({ reason }, 'the broker blocks publishers'));
  connection.on('unblocked', () => log.info('the broker takes publishes again'));

  const channel = await connection.createConfirmChannel();
  channel.on('error', (error) => log.warn({ error: error.message }, 'amqp channel error'));
  const returned = new Set<unknown>();
  channel.on('return', (message) => returned.add(message.properties.messageId));
  for (const queue of queueDeclarations(options.queueType)) {
    await channel.assertQueue(queue.name, queue.options);
  }

  return {
    publish: (job) =>
      new Promise((resolve) => {
        const confirmed = (error: Error | null): void =>
          resolve(outcomeOf(error, returned.delete(job.key)));
        try {
          // `false` only means that the socket's buffer is full; the window bounds it, and sending again would duplicate.
          channel.publish(
            '',
            queueNames.jobs,
            Buffer.from(JSON.stringify(job)),
            {
              messageId: job.key,
              correlationId: job.correlationId,
              headers: { causationId: job.causationId },
              contentType: 'application/json',
              persistent: true,
              mandatory: true,
            },
            confirmed,
          );
        } catch (error) {
          resolve({ phase: 'fail', detail: `not sent: ${String(error)}` }); // amqplib throws before it writes a byte
        }
      }),
    async close() {
      await channel.close().catch(() => undefined); // gone already is as good
      await connection.close().catch(() => undefined);
    },
  };
}

function outcomeOf(error: Error | null, wasReturned: boolean): PublishOutcome {
  if (wasReturned) return { phase: 'fail', detail: 'returned: no queue takes it' };
  if (error === null) return { phase: 'ok' };
  if (error.message === 'message nacked') return { phase: 'fail', detail: 'nacked by the broker' };
  return { phase: 'info', detail: error.message }; // the channel ended first; the broker may have the message
}

async function connect(url: string): Promise<ChannelModel> {
  try {
    return await amqp.connect(url, { noDelay: true, timeout: 5000 });
  } catch (error) {
    const reason =
      error instanceof AggregateError ? error.errors.map(String).join(', ') : String(error);
    throw new UnreachableError(`cannot reach RabbitMQ at ${new URL(url).host}: ${reason}`, {
      cause: error,
    });
  }
}
