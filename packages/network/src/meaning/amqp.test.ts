import { describe, expect, it } from 'vitest';

import { amqpConversation } from '../amqp/conversation.ts';
import type { Direction, Reading } from '../conversation.ts';
import {
  ack,
  contentHeader,
  deliver,
  longLong,
  method,
  octet,
  publish,
  short,
  shortString,
} from '../testing/amqp-encoder.ts';

/** One connection; every call returns the readings of what it sent. */
function connection() {
  const conversation = amqpConversation();
  const send =
    (direction: Direction) =>
    (...frames: Buffer[]): Reading[] =>
      conversation.read(direction, Buffer.concat(frames)).flatMap(({ readings }) => readings);
  return { up: send('up'), down: send('down') };
}

const confirmSelect = (channel: number): Buffer => method(channel, 85, 10, octet(0));
const consume = (channel: number, consumerTag: string, bits: number): Buffer =>
  method(channel, 60, 20, short(0), shortString('jobs'), shortString(consumerTag), octet(bits));
const consumeOk = (channel: number, consumerTag: string): Buffer =>
  method(channel, 60, 21, shortString(consumerTag));
const nack = (channel: number, tag: number, bits: number): Buffer =>
  method(channel, 60, 120, longLong(tag), octet(bits));

const said = (readings: readonly Reading[]): unknown[] =>
  readings.map(({ frame, means, keys }) => [frame, means, keys]);

describe('what AMQP frames mean', () => {
  it('resolves publisher confirms to the keys of the publishes they cover', () => {
    const { up, down } = connection();
    up(confirmSelect(1), ...['a', 'b', 'c', 'd'].flatMap((key) => publish(1, key, 10)));
    expect(said(down(ack(1, 2)))).toEqual([['basic.ack', 'confirm', ['b']]]);
    expect(said(down(ack(1, 3, 1)))).toEqual([['basic.ack', 'confirm', ['a', 'c']]]);
    expect(said(down(nack(1, 4, 0)))).toEqual([['basic.nack', 'refuse', ['d']]]);
  });

  it('counts publishes from confirm.select and per channel', () => {
    const { up, down } = connection();
    up(...publish(1, 'before', 1), confirmSelect(1), confirmSelect(2));
    up(...publish(2, 'other', 1), ...publish(1, 'first', 1));
    expect(said(down(ack(1, 1)))).toEqual([['basic.ack', 'confirm', ['first']]]);
    expect(said(down(ack(2, 1)))).toEqual([['basic.ack', 'confirm', ['other']]]);
  });

  it('resolves consumer settlements to the keys of the deliveries they cover', () => {
    const { up, down } = connection();
    const [first] = down(deliver(1, 'a', 1, { redelivered: true }));
    expect(first).toMatchObject({
      frame: 'basic.deliver',
      means: 'deliver',
      keys: ['a'],
      deliveryTag: 1,
      redelivered: true,
      channel: 1,
    });
    for (const [index, key] of ['b', 'c', 'd', 'e', 'f'].entries()) {
      down(deliver(1, key, index + 2));
    }
    expect(said(up(ack(1, 2)))).toEqual([['basic.ack', 'settle', ['b']]]);
    expect(said(up(ack(1, 3, 1)))).toEqual([['basic.ack', 'settle', ['a', 'c']]]);
    expect(said(up(nack(1, 4, 2)))).toEqual([['basic.nack', 'requeue', ['d']]]);
    expect(said(up(method(1, 60, 90, longLong(5), octet(0))))).toEqual([
      ['basic.reject', 'reject', ['e']],
    ]);
    down(deliver(1, 'g', 7));
    expect(said(up(ack(1, 0, 1)))).toEqual([['basic.ack', 'settle', ['f', 'g']]]);
    expect(said(up(ack(1, 0, 1)))).toEqual([['basic.ack', 'settle', undefined]]);
  });

  it('starts anew with a new channel of the same number', () => {
    const { up, down } = connection();
    down(deliver(1, 'old', 1));
    up(method(1, 20, 10, shortString('')));
    down(deliver(1, 'new', 1));
    expect(said(up(ack(1, 1)))).toEqual([['basic.ack', 'settle', ['new']]]);
  });

  it('does not expect settlements from a consumer without acknowledgements', () => {
    const { up, down } = connection();
    up(consume(1, '', 2), consume(1, 'kept', 0));
    down(consumeOk(1, 'silent'), consumeOk(1, 'kept'));
    down(
      deliver(1, 'a', 1, { consumerTag: 'silent' }),
      deliver(1, 'b', 2, { consumerTag: 'kept' }),
    );
    expect(said(up(ack(1, 0, 1)))).toEqual([['basic.ack', 'settle', ['b']]]);
  });

  it('reads a returned message as a refusal', () => {
    const { down } = connection();
    const returned = method(
      1,
      60,
      50,
      short(312),
      shortString('NO_ROUTE'),
      shortString(''),
      shortString('x'),
    );
    expect(down(returned, contentHeader(1, 'a', 0))).toMatchObject([
      { frame: 'basic.return', means: 'refuse', keys: ['a'], detail: '312 NO_ROUTE' },
    ]);
  });

  it('records what means something and the landmarks, and nothing else', () => {
    const { up } = connection();
    const readings = up(
      method(1, 20, 10, shortString('')),
      method(1, 60, 10, Buffer.alloc(7)),
      consume(1, 'c', 0),
      ...publish(1, 'a', 1),
    );
    expect(readings.map(({ frame, recorded }) => [frame, recorded])).toEqual([
      ['channel.open', true],
      ['basic.qos', false],
      ['basic.consume', true],
      ['basic.publish', true],
    ]);
  });
});
