/** amqplib and a loop: no reconnecting, no drain limit. A classic queue only marks second deliveries, so two attempts. */
import { queueDeclarations, queueNames, required } from '@lab/contract';
import amqp, { type ConsumeMessage } from 'amqplib';

import type { Consume } from './transport.ts';

export const consume: Consume = async (environment, handle) => {
  const url = required('RABBITMQ_URL', environment.RABBITMQ_URL);
  const connection = await amqp.connect(url, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  for (const { name, options } of queueDeclarations(environment.QUEUE_TYPE)) {
    await channel.assertQueue(name, options);
  }
  await channel.prefetch(environment.PREFETCH);
  const inHand = new Set<Promise<void>>();

  const attend = async (message: ConsumeMessage): Promise<void> => {
    const { redelivered } = message.fields;
    const end = await handle({
      body: message.content.toString(),
      redelivered,
      async bury() {
        const { messageId } = message.properties as { messageId: string }; // every publisher here sets it
        channel.sendToQueue(queueNames.dead, message.content, { messageId, persistent: true });
        await channel.waitForConfirms();
      },
    });
    if (end === 'done') channel.ack(message);
    else channel.reject(message, end === 'failed' && !redelivered);
  };

  const { consumerTag } = await channel.consume(queueNames.jobs, (message) => {
    if (message === null) throw new Error('the broker cancelled the consumer');
    const attended = attend(message).finally(() => inHand.delete(attended));
    inHand.add(attended);
  });
  return {
    stop: async () => void (await channel.cancel(consumerTag)),
    async close() {
      await Promise.all(inHand);
      await channel.close();
      await connection.close();
    },
  };
};
