/** A real RabbitMQ client through a link: what the lab's first fault points do to it. */
import type { WireEvent } from '@lab/contract';
import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';

import { cut } from './faults/index.ts';
import { openNetwork, type Network } from './network.ts';
import type { ProxyServer } from './proxy.ts';
import { openProxyServer, openVhost, targetOf, type Vhost } from './testing/brokers.ts';

let proxyServer: ProxyServer;
let network: Network;
let vhost: Vhost;
const events: WireEvent[] = [];
const told = (key: string): string[] =>
  events
    .filter(({ keys }) => keys?.includes(key))
    .map(({ passage, means }) => `${passage} ${means}`);

beforeAll(async () => {
  proxyServer = await openProxyServer();
  network = openNetwork({
    proxyServer,
    record: (event) => void (event.kind === 'wire' && events.push(event)),
  });
  vhost = await openVhost();
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await proxyServer[Symbol.asyncDispose]();
  await vhost[Symbol.asyncDispose]();
});

/** Connects straight, or through a port; a lost connection is expected and told by its events. */
async function dial(port?: number): Promise<ChannelModel> {
  const connection = await connect(vhost.url(port));
  connection.on('error', () => undefined);
  return connection;
}

const link = (from: string) =>
  network.link({
    from,
    to: 'rabbitmq',
    protocol: 'amqp',
    target: targetOf(inject('rabbitmqUrl')),
  });

describe('a RabbitMQ client behind a tap', () => {
  it('has its job delivered again when its ack is held, the link cut, and the ack let go', async () => {
    const queue = 'ack-lost';
    const observer = await dial();
    const direct = await observer.createChannel();
    await direct.assertQueue(queue);
    direct.sendToQueue(queue, Buffer.from('x'), { messageId: 'job-1' });

    const workerLink = await link('worker-1');
    const worker = await dial(workerLink.listen.port);
    const closed = new Promise((resolve) => void worker.once('close', resolve));
    const channel = await worker.createChannel();
    channel.on('error', () => undefined);
    const hold = workerLink.holdAt({ direction: 'up', frame: 'basic.ack', key: 'job-1' });
    await channel.consume(queue, (message) => message && channel.ack(message));
    expect(await hold.reached).toMatchObject({ means: 'settle', deliveryTag: 1, channel: 1 });

    expect(await cut(workerLink).inject()).toBe('enabled=false');
    hold.release();
    await closed;
    expect(told('job-1')).toEqual(['crossed deliver', 'held settle', 'lost settle']);

    const again = Promise.withResolvers<ConsumeMessage | null>();
    await direct.consume(queue, again.resolve, { noAck: true });
    expect((await again.promise)?.fields.redelivered).toBe(true);
    await observer.close();
  });

  it('does not learn that its publish was confirmed when the confirm is lost', async () => {
    const queue = 'confirm-lost';
    const observer = await dial();
    const direct = await observer.createChannel();
    await direct.assertQueue(queue);

    const producerLink = await link('producer');
    const producer = await dial(producerLink.listen.port);
    const channel = await producer.createConfirmChannel();
    channel.on('error', () => undefined);
    const hold = producerLink.holdAt({ direction: 'down', means: 'confirm', key: 'job-2' });
    channel.sendToQueue(queue, Buffer.alloc(300_000), { messageId: 'job-2' });
    const confirmed = channel.waitForConfirms();
    confirmed.catch(() => undefined); // awaited below, after what makes it fail
    await hold.reached;
    await vi.waitFor(async () => {
      expect((await direct.checkQueue(queue)).messageCount).toBe(1);
    });

    await cut(producerLink).inject();
    hold.release();
    await expect(confirmed).rejects.toThrow('closed');
    expect(told('job-2')).toEqual(['crossed publish', 'held confirm', 'lost confirm']);
    expect((await direct.checkQueue(queue)).messageCount).toBe(1);
    await observer.close();
  });

  it('is not told that its unroutable message was accepted, though RabbitMQ acknowledges it', async () => {
    const producerLink = await link('producer-returns');
    const producer = await dial(producerLink.listen.port);
    const channel = await producer.createConfirmChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    const returned: unknown[] = [];
    channel.on('return', ({ properties }) => void returned.push(properties.messageId));
    // One after the other, so that the acks come in runs of both kinds and some cover several messages.
    const sent = Array.from({ length: 40 }, (_, index) => `mandatory-${index}`);
    const isLost = (key: string): boolean => Number(key.split('-')[1]) % 3 === 0;
    for (const messageId of sent) {
      const target = isLost(messageId) ? 'no such queue' : queue;
      channel.sendToQueue(target, Buffer.from('x'), { mandatory: true, messageId });
    }
    await channel.waitForConfirms();
    await producer.close();

    const lost = sent.filter(isLost);
    expect(returned).toEqual(lost);
    const acks = events.filter(
      (event) => event.link === 'producer-returns>rabbitmq' && event.frame === 'basic.ack',
    );
    const keysOf = (means: string | undefined): string[] =>
      acks.filter((event) => event.means === means).flatMap(({ keys }) => keys ?? []);
    expect(keysOf(undefined).toSorted()).toEqual(lost.toSorted());
    expect(keysOf('confirm').toSorted()).toEqual(sent.filter((key) => !isLost(key)).toSorted());
    expect(told('mandatory-0')).toEqual(['crossed publish', 'crossed refuse', 'crossed undefined']);
    for (const { means, detail } of acks) {
      expect(detail === 'confirmed as returned').toBe(means === undefined);
    }
  });

  it('has its publish held before the first byte, and published when let go', async () => {
    const queue = 'publish-held';
    const observer = await dial();
    const direct = await observer.createChannel();
    await direct.assertQueue(queue);

    const producerLink = await link('producer-2');
    const producer = await dial(producerLink.listen.port);
    const channel = await producer.createConfirmChannel();
    const hold = producerLink.holdAt({ direction: 'up', means: 'publish', nth: 2 });
    channel.sendToQueue(queue, Buffer.alloc(300_000), { messageId: 'job-3' });
    channel.sendToQueue(queue, Buffer.alloc(300_000), { messageId: 'job-4' });
    expect(await hold.reached).toMatchObject({ keys: ['job-4'], detail: queue });
    await vi.waitFor(() => expect(told('job-3')).toEqual(['crossed publish', 'crossed confirm']));
    expect((await direct.checkQueue(queue)).messageCount).toBe(1);
    hold.release();
    await channel.waitForConfirms();
    expect(told('job-4')).toEqual(['held publish', 'crossed publish', 'crossed confirm']);
    expect((await direct.checkQueue(queue)).messageCount).toBe(2);
    await producer.close();
    await observer.close();
  });
});
