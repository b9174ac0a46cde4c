import { describe, expect, it } from 'vitest';

import { amqpConversation } from '../amqp/conversation.ts';
import type { Direction, Reading } from '../conversation.ts';
import {
  ack,
  deliver,
  longLong,
  method,
  octet,
  publish,
  returned,
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
    const [before] = up(...publish(1, 'before', 1), confirmSelect(1), confirmSelect(2));
    expect(before).not.toHaveProperty('deliveryTag');
    const numbered = up(...publish(2, 'other', 1), ...publish(1, 'first', 1));
    expect(numbered).toMatchObject([{ deliveryTag: 1 }, { deliveryTag: 1 }]);
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

  it('expects settlements from a consumer that has the tag of one without', () => {
    const { up, down } = connection();
    up(consume(1, 'c', 2));
    down(consumeOk(1, 'c'));
    up(method(1, 60, 30, shortString('c'), octet(0)), consume(1, 'c', 0));
    down(consumeOk(1, 'c'), deliver(1, 'a', 1));
    expect(said(up(ack(1, 1)))).toEqual([['basic.ack', 'settle', ['a']]]);
  });

  it('takes basic.recover for giving back what was not settled, what crosses it included', () => {
    const { up, down } = connection();
    down(deliver(1, 'a', 1), deliver(1, 'b', 2));
    up(ack(1, 1));
    expect(said(up(method(1, 60, 110, octet(1))))).toEqual([['basic.recover', 'requeue', ['b']]]);
    down(deliver(1, 'c', 3));
    expect(said(down(method(1, 60, 111)))).toEqual([['basic.recover-ok', 'requeue', ['c']]]);
    down(deliver(1, 'b', 4, { redelivered: true }));
    expect(said(up(ack(1, 4, 1)))).toEqual([['basic.ack', 'settle', ['b']]]);
  });

  it.each([
    ['its channel', method(1, 20, 40, short(406), shortString('no'), short(0), short(0))],
    ['its connection', method(0, 10, 50, short(320), shortString('no'), short(0), short(0))],
  ])('takes no settlement for one that is sent after the close of %s', (_, close) => {
    const { up, down } = connection();
    down(deliver(1, 'a', 1), close);
    expect(up(ack(1, 1))).toMatchObject([{ detail: 'not heard', recorded: true }]);
    expect(up(ack(1, 1))[0]?.means).toBeUndefined();
    up(method(1, 20, 41), method(1, 20, 10, shortString('')));
    const [delivered] = down(deliver(1, 'a', 1, { redelivered: true }));
    expect(delivered).toMatchObject({ means: 'deliver', keys: ['a'] });
  });

  it('takes a publish that was given up for none', () => {
    const { up, down } = connection();
    up(confirmSelect(1), ...publish(1, 'a', 100).slice(0, 2));
    const [given] = up(method(1, 20, 40, short(0), shortString('bye'), short(0), short(0)));
    expect(given).toMatchObject({ frame: 'basic.publish', keys: ['a'], detail: 'given up' });
    expect(given?.means).toBeUndefined();
    up(method(1, 20, 10, shortString('')), confirmSelect(1), ...publish(1, 'b', 1));
    expect(said(down(ack(1, 1)))).toEqual([['basic.ack', 'confirm', ['b']]]);
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
    expect(down(returned(1, 'a'))).toMatchObject([
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

describe('the confirm of a message that was returned', () => {
  const mandatory = { mandatory: true };
  const accepted = (...keys: string[]): unknown[] => ['basic.ack', 'confirm', keys];
  const asReturned = (...keys: string[]): unknown[] => ['basic.ack', undefined, keys];

  function publisher() {
    const both = connection();
    both.up(confirmSelect(1));
    return both;
  }

  it('is recorded, and does not say that the broker took it', () => {
    const { up, down } = publisher();
    expect(up(...publish(1, 'a', 1, mandatory))).toMatchObject([{ deliveryTag: 1 }]);
    expect(down(returned(1, 'a'))).toMatchObject([
      { frame: 'basic.return', means: 'refuse', keys: ['a'], deliveryTag: 1 },
    ]);
    expect(down(ack(1, 1))).toEqual([
      {
        frame: 'basic.ack',
        channel: 1,
        keys: ['a'],
        deliveryTag: 1,
        detail: 'confirmed as returned',
        recorded: true,
      },
    ]);
  });

  it('leaves the next message of the same key alone', () => {
    const { up, down } = publisher();
    up(...publish(1, 'a', 1, mandatory));
    down(returned(1, 'a'), ack(1, 1));
    up(...publish(1, 'a', 1, mandatory));
    expect(said(down(ack(1, 2)))).toEqual([accepted('a')]);
  });

  it('is told from those that the same ack covers', () => {
    const { up, down } = publisher();
    up(...['a', 'b', 'c', 'd'].flatMap((key) => publish(1, key, 1, mandatory)));
    down(returned(1, 'b'), returned(1, 'd'));
    const readings = down(ack(1, 4, 1));
    expect(said(readings)).toEqual([accepted('a', 'c'), asReturned('b', 'd')]);
    expect(readings.map(({ deliveryTag, detail }) => [deliveryTag, detail])).toEqual([
      [4, 'multiple'],
      [4, 'confirmed as returned'],
    ]);
  });

  it('comes in any order when several are returned before any is confirmed', () => {
    const { up, down } = publisher();
    up(...['a', 'b', 'c'].flatMap((key) => publish(1, key, 1, mandatory)));
    down(returned(1, 'a'), returned(1, 'c'));
    expect(said(down(ack(1, 3)))).toEqual([asReturned('c')]);
    expect(said(down(ack(1, 2)))).toEqual([accepted('b')]);
    expect(said(down(ack(1, 1)))).toEqual([asReturned('a')]);
  });

  it('belongs to the mandatory one of two messages of one key, and to the one of that route', () => {
    const { up, down } = publisher();
    up(
      ...publish(1, 'a', 1, { routingKey: 'nowhere' }),
      ...publish(1, 'a', 1, mandatory),
      ...publish(1, 'a', 1, { mandatory: true, routingKey: 'nowhere' }),
    );
    down(returned(1, 'a', 'nowhere'));
    expect([1, 2, 3].map((tag) => said(down(ack(1, tag))))).toEqual([
      [accepted('a')],
      [accepted('a')],
      [asReturned('a')],
    ]);
  });

  it('marks one publish for each return, the oldest first', () => {
    const { up, down } = publisher();
    up(...publish(1, 'a', 1, mandatory), ...publish(1, 'a', 1, mandatory));
    down(returned(1, 'a'));
    expect(said(down(ack(1, 2)))).toEqual([accepted('a')]);
    expect(said(down(ack(1, 1)))).toEqual([asReturned('a')]);
    up(...publish(1, 'a', 1, mandatory), ...publish(1, 'a', 1, mandatory));
    down(returned(1, 'a'), returned(1, 'a'));
    expect(said(down(ack(1, 4, 1)))).toEqual([asReturned('a', 'a')]);
  });

  it('is known without a message id', () => {
    const { up, down } = publisher();
    up(...publish(1, undefined, 1, mandatory), ...publish(1, 'a', 1, mandatory));
    expect(said(down(returned(1, undefined)))).toEqual([['basic.return', 'refuse', undefined]]);
    expect(down(ack(1, 1))).toMatchObject([{ detail: 'confirmed as returned', recorded: true }]);
    expect(said(down(ack(1, 2)))).toEqual([accepted('a')]);
  });

  it('may be a nack, which refuses it once more', () => {
    const { up, down } = publisher();
    up(...publish(1, 'a', 1, mandatory), ...publish(1, 'b', 1));
    down(returned(1, 'a'));
    expect(said(down(nack(1, 2, 1)))).toEqual([['basic.nack', 'refuse', ['a', 'b']]]);
  });

  it('is looked for on its own channel', () => {
    const { up, down } = publisher();
    up(confirmSelect(2), ...publish(1, 'a', 1, mandatory), ...publish(2, 'a', 1, mandatory));
    down(returned(2, 'a'));
    expect(said(down(ack(1, 1)))).toEqual([accepted('a')]);
    expect(said(down(ack(2, 1)))).toEqual([asReturned('a')]);
  });
});

describe('a channel that is opened again under its number', () => {
  const open = method(1, 20, 10, shortString(''));
  const close = method(1, 20, 40, short(200), shortString('bye'), short(0), short(0));
  const closeOk = method(1, 20, 41);
  const get = method(1, 60, 70, short(0), shortString('jobs'), octet(1));

  /** A channel with everything in the air that a channel can have. */
  function busy() {
    const both = connection();
    both.up(open, confirmSelect(1), consume(1, 'c', 2));
    both.down(consumeOk(1, 'c'));
    both.up(consume(1, 'kept', 0));
    both.down(consumeOk(1, 'kept'));
    both.up(...publish(1, 'old-1', 1), ...publish(1, 'old-2', 1), get, consume(1, 'late', 2));
    both.down(deliver(1, 'old-3', 1, { consumerTag: 'kept' }));
    both.down(deliver(1, 'old-4', 2, { consumerTag: 'kept' }));
    return both;
  }

  /** What a channel makes of numbers that an older one had used. */
  function saidOfTheSameNumbers({ up, down }: ReturnType<typeof busy>): unknown[] {
    down(deliver(1, 'new-1', 1));
    const settled = up(ack(1, 2, 1));
    up(...publish(1, 'unnumbered', 1), confirmSelect(1), ...publish(1, 'new-2', 1));
    const confirmed = down(ack(1, 2, 1));
    up(consume(1, 'fresh', 0));
    down(consumeOk(1, 'fresh'), deliver(1, 'new-3', 2, { consumerTag: 'fresh' }));
    return said([...settled, ...confirmed, ...up(ack(1, 2))]);
  }

  const newOnes = [
    ['basic.ack', 'settle', ['new-1']],
    ['basic.ack', 'confirm', ['new-2']],
    ['basic.ack', 'settle', ['new-3']],
  ];

  it.each([
    ['its client closed it', ['up', 'down']],
    ['the server closed it', ['down', 'up']],
  ] as const)('knows nothing of the old one when %s', (_, [closing, agreeing]) => {
    const both = busy();
    both[closing](close);
    both[agreeing](closeOk);
    both.up(open);
    expect(saidOfTheSameNumbers(both)).toEqual(newOnes);
  });

  it.each([
    ['its opening alone', 'up', open],
    ['its closing alone, agreed by the server', 'down', closeOk],
    ['its closing alone, agreed by the client', 'up', closeOk],
  ] as const)('knows nothing of the old one by %s', (_, direction, frame) => {
    const both = busy();
    both[direction](frame);
    expect(saidOfTheSameNumbers(both)).toEqual(newOnes);
  });

  it('still learns of its publishes while it waits for the close to be agreed to', () => {
    const { up, down } = busy();
    up(close);
    down(ack(1, 1));
    expect(said(down(ack(1, 2)))).toEqual([['basic.ack', 'confirm', ['old-2']]]);
  });

  it('leaves the other channels of its connection alone', () => {
    const { up, down } = busy();
    down(deliver(2, 'other', 1));
    up(close);
    down(closeOk);
    expect(said(up(ack(2, 1)))).toEqual([['basic.ack', 'settle', ['other']]]);
  });

  it('has nothing to do with that number on another connection', () => {
    const { down } = busy();
    const other = connection();
    other.up(open);
    expect(saidOfTheSameNumbers(other)).toEqual(newOnes);
    expect(said(down(ack(1, 2)))).toEqual([['basic.ack', 'confirm', ['old-2']]]);
  });
});
