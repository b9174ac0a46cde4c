/**
 * RabbitMQ. Reconnecting is amqplib's recovery; everything that lives on a channel is made anew after it, and a
 * delivery can only be settled on the channel it came from: delivery tags count from 1 on every channel, so an
 * old tag on a new channel would acknowledge a different message. Any loss (channel, consumer, connection) takes
 * the one way back: close the connection, let recovery make it again.
 */
import { queueDeclarations, queueNames, required, UnreachableError } from '@lab/contract';
import amqp, { type Channel, type ChannelModel, type ConsumeMessage } from 'amqplib';

import { recordSettle, type Attempt, type Delivery, type Disposition } from '../attempt.ts';
import { endsWithin } from './ends-within.ts';
import type { OpenTransport } from './transport.ts';

/** One channel with its consumer. `open` turns false for good when the channel ends. */
interface Subscription {
  readonly epoch: number;
  readonly channel: Channel;
  open: boolean;
  consumerTag: string;
}

export const openTransport: OpenTransport = async (options) => {
  const { environment, log, handle } = options;
  const inHand = new Set<Promise<void>>();
  let epoch = 0;
  let current: Subscription | undefined;
  let draining = false;

  const subscribe = async (model: ChannelModel): Promise<void> => {
    model.on('error', (error) => log.warn({ error: error.message }, 'amqp connection error'));
    const channel = await model.createChannel();
    const subscription: Subscription = { epoch: ++epoch, channel, open: true, consumerTag: '' };
    const giveUp = (why: string): void => {
      if (draining) return;
      log.warn({ epoch: subscription.epoch }, why);
      model.close().catch(() => undefined); // already closed is as good; recovery takes it from here
    };
    channel.on('error', (error) => log.warn({ error: error.message }, 'amqp channel error'));
    channel.on('close', () => {
      subscription.open = false;
      giveUp('amqp channel closed');
    });
    for (const { name, options: declared } of queueDeclarations(environment.QUEUE_TYPE)) {
      await channel.assertQueue(name, declared);
    }
    await channel.prefetch(environment.PREFETCH);
    const { consumerTag } = await channel.consume(queueNames.jobs, (message) => {
      if (message === null) return giveUp('the broker cancelled the consumer');
      if (draining) return; // never begun: closing the channel gives it back
      const attended = attend(message, subscription).finally(() => inHand.delete(attended));
      inHand.add(attended);
    });
    subscription.consumerTag = consumerTag;
    current = subscription;
    log.info({ epoch: subscription.epoch }, 'consuming');
  };

  const attend = async (message: ConsumeMessage, subscription: Subscription): Promise<void> => {
    const attempt = await handle(deliveryOf(message));
    const { phase, detail } = settle(message, subscription, attempt);
    recordSettle(options, attempt.subject, phase, detail);
  };

  const connection = await connect(
    required('RABBITMQ_URL', environment.RABBITMQ_URL),
    environment.HEARTBEAT_S,
    subscribe,
  );
  connection.on('error', () => undefined); // logged by the listener on the model itself
  connection.on('disconnect', (error) => log.warn({ error: error.message }, 'amqp disconnected'));
  connection.on('reconnect-scheduled', ({ attempt, delay }) =>
    log.info({ attempt, delayMs: delay }, 'amqp reconnect scheduled'),
  );

  return {
    async drain(limitMs) {
      draining = true;
      const deadline = AbortSignal.timeout(limitMs);
      current?.channel.cancel(current.consumerTag).catch(() => undefined); // a hint to the broker; `draining` decides
      await endsWithin(deadline, Promise.all(inHand));
      const abandoned = inHand.size;
      // Closing the channel waits for the broker's close-ok, which comes after it has seen every ack.
      await endsWithin(
        deadline,
        current?.channel.close().catch(() => undefined),
      );
      await endsWithin(deadline, connection.close());
      return { abandoned };
    },
  };
};

/** Performs the disposition on the delivery's own channel, and only there. */
function settle(
  message: ConsumeMessage,
  { channel, open, epoch }: Subscription,
  { disposition }: Attempt,
): { phase: 'ok' | 'info'; detail: string } {
  if (!open) return { phase: 'info', detail: `channel ${epoch} is gone, stale settlement refused` };
  try {
    return { phase: 'ok', detail: perform(disposition, message, channel) };
  } catch (error) {
    return { phase: 'info', detail: String(error) }; // amqplib throws when the channel is closing
  }
}

function perform(disposition: Disposition, message: ConsumeMessage, channel: Channel): string {
  if (disposition.kind === 'done') {
    channel.ack(message);
    return 'acked';
  }
  if (disposition.kind === 'give back') {
    channel.nack(message, false, true);
    return 'given back';
  }
  // A classic queue counts no deliveries, it only marks the second and later ones: so one more attempt.
  const again = disposition.kind === 'retry' && !message.fields.redelivered;
  channel.reject(message, again);
  return again ? 'requeued' : 'dead-lettered';
}

function deliveryOf(message: ConsumeMessage): Delivery {
  const { redelivered } = message.fields;
  const { messageId, headers } = message.properties;
  const count: unknown = headers?.['x-delivery-count']; // quorum queues only; absent on the first delivery
  return {
    body: message.content.toString('utf8'),
    messageId: typeof messageId === 'string' ? messageId : undefined,
    redelivered,
    attempt: typeof count === 'number' ? count + 1 : redelivered ? undefined : 1,
  };
}

async function connect(
  url: string,
  heartbeatS: number,
  setup: (model: ChannelModel) => Promise<void>,
): Promise<Awaited<ReturnType<typeof connectRecovering>>> {
  const withHeartbeat = new URL(url);
  withHeartbeat.searchParams.set('heartbeat', String(heartbeatS));
  try {
    return await connectRecovering(withHeartbeat.href, setup);
  } catch (error) {
    throw new UnreachableError(
      `cannot reach RabbitMQ at ${withHeartbeat.host}: ${describe(error)}`,
      {
        cause: error,
      },
    );
  }
}

function connectRecovering(url: string, setup: (model: ChannelModel) => Promise<void>) {
  return amqp.connect(url, {
    noDelay: true,
    timeout: 5000, // the only deadline of amqplib's handshake; without it recovery can wait for ever
    recovery: { setup, initialDelay: 100, maxDelay: 2000, initialMaxRetries: 0 },
  });
}

function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(String).join(', '); // localhost: IPv6 and IPv4
  return error instanceof Error ? error.message : String(error);
}
