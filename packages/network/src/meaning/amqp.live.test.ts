/** What RabbitMQ does with settlements that look like others, and what the tap makes of them. */
import { once } from 'node:events';
import { connect as createConnection } from 'node:net';

import type { WireEvent } from '@lab/contract';
import { connect, type Channel, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';

import { openNetwork, type Network } from '../network.ts';
import type { ProxyServer } from '../proxy.ts';
import { method, octet, short, shortString } from '../testing/amqp-encoder.ts';
import { openProxyServer, openVhost, targetOf, type Vhost } from '../testing/brokers.ts';

let proxyServer: ProxyServer;
let network: Network;
let vhost: Vhost;
const events: WireEvent[] = [];
beforeAll(async () => {
  proxyServer = await openProxyServer();
  network = openNetwork({
    proxyServer,
    record: (event) => {
      if (event.kind === 'wire') events.push(event);
    },
  });
  vhost = await openVhost();
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await proxyServer[Symbol.asyncDispose]();
  await vhost[Symbol.asyncDispose]();
});

const told = (key: string): string[] =>
  events
    .filter(({ keys }) => keys?.includes(key))
    .map(({ means, redelivered }) => `${means}${redelivered === true ? ' again' : ''}`);

/** A client behind a tap, with a queue of its own. */
async function client(from: string): Promise<{ connection: ChannelModel; channel: Channel }> {
  const target = targetOf(inject('rabbitmqUrl'));
  const link = await network.link({ from, to: 'rabbitmq', protocol: 'amqp', target });
  const connection = await connect(vhost.url(link.listen.port));
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  await channel.assertQueue(from);
  return { connection, channel };
}

it('an acknowledging consumer may have the tag of one that did not', async () => {
  const { connection, channel } = await client('same-tag');
  await channel.consume('same-tag', () => undefined, { consumerTag: 'c', noAck: true });
  await channel.cancel('c');
  const settle = (message: ConsumeMessage | null): void => void (message && channel.ack(message));
  await channel.consume('same-tag', settle, { consumerTag: 'c' });
  channel.sendToQueue('same-tag', Buffer.from('x'), { messageId: 'tagged' });
  await vi.waitFor(() => expect(told('tagged')).toEqual(['publish', 'deliver', 'settle']));
  await connection.close();
});

it('basic.recover gives back all that was not settled', async () => {
  const { connection, channel } = await client('recovered');
  const seen: ConsumeMessage[] = [];
  await channel.consume('recovered', (message) => void (message && seen.push(message)));
  for (const messageId of ['first', 'second']) {
    channel.sendToQueue('recovered', Buffer.from('x'), { messageId });
  }
  await vi.waitFor(() => expect(seen).toHaveLength(2));
  await channel.prefetch(1); // of what is redelivered, the second stays in the queue
  await channel.recover();
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(2));
  const last = seen.at(-1);
  if (last !== undefined) channel.ack(last, true);
  await vi.waitFor(() => expect(told('second').at(-1)).toBe('settle'));
  expect(told('first')).toEqual(['publish', 'deliver', 'requeue', 'deliver again', 'settle']);
  await connection.close();
});

it('a client that closes its side with connection.close still gets its close-ok, as it does directly', async () => {
  const target = targetOf(inject('rabbitmqUrl'));
  const link = await network.link({ from: 'hasty', to: 'rabbitmq', protocol: 'amqp', target });
  const closeOk = method(0, 10, 51);
  const rounds = Array.from({ length: 10 });
  const through = await Promise.all(rounds.map(() => wholeLife(link.listen)));
  expect(through.map((received) => received.includes(closeOk))).toEqual(rounds.map(() => true));
});

/** From the protocol header to connection.close, and a FIN right behind it. @returns what came back. */
async function wholeLife(to: { readonly host: string; readonly port: number }): Promise<Buffer> {
  const { username, password, pathname } = new URL(vhost.url());
  const life = [
    Buffer.from('AMQP\0\0\x09\x01'),
    method(
      0,
      10,
      11,
      long(0),
      shortString('PLAIN'),
      longString(`\0${username}\0${password}`),
      shortString('en_US'),
    ),
    method(0, 10, 31, short(100), long(131_072), short(0)),
    method(
      0,
      10,
      40,
      shortString(decodeURIComponent(pathname.slice(1))),
      shortString(''),
      octet(0),
    ),
    method(0, 10, 50, short(200), shortString('bye'), short(0), short(0)),
  ];
  const socket = createConnection({ ...to, allowHalfOpen: true });
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.end(Buffer.concat(life));
  await once(socket, 'end', { signal: AbortSignal.timeout(5000) });
  socket.destroy();
  return Buffer.concat(received);
}

function long(value: number): Buffer {
  return Buffer.concat([short(Math.floor(value / 65_536)), short(value % 65_536)]);
}

function longString(text: string): Buffer {
  return Buffer.concat([long(Buffer.byteLength(text)), Buffer.from(text)]);
}
