/**
 * The server's side of a queue of requests. A request is settled on the channel it came on and nowhere else: on another
 * channel its delivery tag is another message's.
 */
import { monotonicMs, type LoadSetting } from '@lab/contract';
import type { RequestMessage } from '@lab/workload';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';

import { connectRabbitmq, ignoringClosed, type Connection } from './connection.ts';
import { declareRequests } from './queues.ts';
import type { Handler, InHand } from './service/handler.ts';
import type { WindowCounts } from './window-counts.ts';

export interface ConsumerOptions {
  readonly url: string;
  readonly setting: LoadSetting;
  readonly hop: number;
  readonly handler: Handler;
  readonly counts: WindowCounts;
  readonly log: Logger;
}

/**
 * Consumes from now on, over whatever connection there is.
 * @throws UnreachableError when the first connection fails
 */
export async function consumeRequests(options: ConsumerOptions): Promise<Connection> {
  const { url, setting, hop, handler, counts, log } = options;
  let closing = false;
  let current: ChannelLife = { open: false, inHand: 0 };
  counts.read('unacknowledged', (since) =>
    Math.max(0, current.inHand - since('delivered') + since('served') + since('expired')),
  );

  const setUp = async (model: ChannelModel): Promise<void> => {
    const channel = await model.createChannel();
    const life: ChannelLife = { open: true, inHand: 0 };
    current = life;
    const giveUp = (why: string): void => {
      if (closing) return;
      log.warn(why);
      model.close().catch(() => undefined); // already closed is as good; recovery takes it from here
    };
    channel.on('error', (error) => log.warn({ error: error.message }, 'amqp channel error'));
    channel.on('close', () => {
      life.open = false;
      life.inHand = 0; // the broker has them again
      handler.lost();
      giveUp('amqp channel closed');
    });
    const queue = await declareRequests(channel, setting, hop);
    await channel.prefetch(handler.prefetch);
    await channel.consume(queue, (message) => {
      if (message === null) return giveUp('the broker cancelled the consumer');
      const request = inHand(message, channel, life);
      life.inHand += 1;
      counts.start(request.startedAt);
      const nowMs = monotonicMs();
      counts.add('delivered', nowMs);
      handler.handle(request, nowMs);
    });
  };

  const connection = await connectRabbitmq(url, log, setUp);
  return {
    async close() {
      closing = true;
      await connection.close();
    },
  };
}

/** What is settled after its channel is gone is settled nowhere. */
interface ChannelLife {
  open: boolean;
  /** Messages that came on it and are not settled. */
  inHand: number;
}

function inHand(message: ConsumeMessage, channel: Channel, life: ChannelLife): InHand {
  const request = JSON.parse(message.content.toString('utf8')) as RequestMessage; // the client's own contract
  const { replyTo, messageId } = message.properties;
  return {
    ...request,
    answer(reply) {
      if (!life.open) return; // it was given back to the queue with the channel
      life.inHand -= 1;
      ignoringClosed(() => {
        channel.sendToQueue(String(replyTo), Buffer.from(JSON.stringify(reply)), {
          correlationId: String(messageId),
        });
        channel.ack(message);
      });
    },
    drop() {
      if (!life.open) return;
      life.inHand -= 1;
      ignoringClosed(() => channel.ack(message));
    },
  };
}
