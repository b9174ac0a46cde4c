import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ProtocolError } from '../conversation.ts';
import {
  ack,
  body,
  contentHeader,
  frame,
  heartbeat,
  method as methodFrame,
  publish,
  short,
  shortString,
} from '../testing/amqp-encoder.ts';
import { cutAt, cuts } from '../testing/cut.ts';
import { UnitReader, type AmqpUnit } from './unit-reader.ts';

function readAll(chunks: readonly Buffer[]): AmqpUnit[] {
  const reader = new UnitReader();
  return chunks.flatMap((chunk) => reader.read(chunk));
}

/** What one channel sends, as whole frames. */
const channelFrames = (channel: number): fc.Arbitrary<Buffer[]> =>
  fc
    .array(
      fc.oneof(
        fc
          .record({ id: fc.string({ maxLength: 20 }), size: fc.nat(9000) })
          .map(({ id, size }) => publish(channel, id, size)),
        fc.nat(1000).map((tag) => [ack(channel, tag)]),
      ),
      { maxLength: 6 },
    )
    .map((units) => units.flat());

/** Frames of three channels, shuffled together with each channel's order kept. */
const interleaved = fc
  .tuple(channelFrames(1), channelFrames(2), fc.constant([heartbeat, heartbeat]))
  .chain((streams) =>
    fc
      .shuffledSubarray(
        streams.flatMap((frames, stream) => frames.map(() => stream)),
        { minLength: streams.flat().length },
      )
      .map((order) => {
        const next = [0, 0, 0];
        return order.map((stream) => {
          const index = next[stream] ?? 0;
          next[stream] = index + 1;
          return streams[stream]?.[index] ?? Buffer.alloc(0);
        });
      }),
  );

describe('AMQP units', () => {
  it('are the same wherever the stream is cut', () => {
    fc.assert(
      fc.property(interleaved, cuts, (frames, places) => {
        const stream = Buffer.concat(frames);
        const whole = readAll([stream]);
        expect(readAll(cutAt(stream, places))).toEqual(whole);
        expect(whole.map(({ start }) => start)).toEqual(
          whole.map(({ start }) => start).toSorted((a, b) => a - b),
        );
        const perFrame = readAll(frames);
        expect(perFrame).toEqual(whole);
      }),
    );
  });

  it('give back every message id, size and tag that was written', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            id: fc.string({ maxLength: 20 }),
            size: fc.nat(9000),
            mandatory: fc.boolean(),
          }),
        ),
        cuts,
        (messages, places) => {
          const stream = Buffer.concat(
            messages.flatMap(({ id, size, mandatory }, index) => [
              ...publish(3, id, size, { mandatory }),
              ack(3, index),
            ]),
          );
          const units = readAll(cutAt(stream, places));
          const headers = units.flatMap(({ header }) => header ?? []);
          expect(headers.map(({ messageId: id, bodySize: size }) => ({ id, size }))).toEqual(
            messages.map(({ id, size }) => ({ id, size })),
          );
          expect(units.flatMap(({ method }) => method)).toEqual(
            messages.flatMap(({ mandatory }, index) => [
              { name: 'basic.publish', exchange: '', routingKey: 'jobs', mandatory },
              { name: 'basic.ack', deliveryTag: index, multiple: false },
            ]),
          );
          expect(units.at(-1)?.end ?? 0).toBe(stream.length);
        },
      ),
    );
  });

  it('wait for the last body, and so does what another channel sent in between', () => {
    const [head, header, first, second] = publish(1, 'job-1', 8192) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ]; // a method, a header and two bodies of 4096
    const reader = new UnitReader();
    expect(reader.read(Buffer.concat([head, header, first, ack(2, 7)]))).toEqual([]);
    const units = reader.read(second);
    expect(units.map(({ method }) => method.name)).toEqual(['basic.publish', 'basic.ack']);
  });

  it.each([
    ['its channel', 1, methodFrame(1, 20, 40, short(0), shortString('bye'), short(0), short(0))],
    ['the connection', 0, methodFrame(0, 10, 51)],
  ])('end with what there is of a content that the close of %s gives up', (_, channel, close) => {
    const begun = Buffer.concat(publish(1, 'job-1', 8192).slice(0, 3));
    const reader = new UnitReader();
    expect(reader.read(Buffer.concat([begun, ack(2, 7)]))).toEqual([]);
    const units = reader.read(Buffer.concat([close, heartbeat]));
    const after = begun.length + ack(2, 7).length;
    expect(units).toMatchObject([
      { start: 0, end: after, aborted: true, header: { messageId: 'job-1' } },
      { start: begun.length, method: { name: 'basic.ack' } },
      { start: after, channel },
      { method: { method: 'heartbeat' } },
    ]);
    expect(units.filter(({ aborted }) => aborted)).toHaveLength(1);
  });

  it('go on behind content without a method', () => {
    const units = readAll([body(1, 3), contentHeader(1, 'a', 10), ack(1, 1)]);
    expect(units.map(({ method: { name } }) => name)).toEqual(['other', 'other', 'basic.ack']);
  });

  it('count a body frame of any size', () => {
    const size = 65 * 1024 * 1024;
    const [head, header, whole] = publish(1, 'job-1', size, { frameSize: size }) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    const [unit] = readAll([head, header, whole.subarray(0, 1000), whole.subarray(1000)]);
    expect(unit).toMatchObject({ end: head.length + header.length + whole.length });
  });

  it('begin with the protocol header', () => {
    const units = readAll([Buffer.from('AMQP\0\0\x09\x01'), heartbeat]);
    expect(units.map(({ start, end }) => [start, end])).toEqual([
      [0, 8],
      [8, 16],
    ]);
  });

  it.each([
    [
      'a frame without its end octet',
      Buffer.concat([frame(1, 0, Buffer.alloc(4)).subarray(0, -1), Buffer.from([0])]),
    ],
    ['an unknown frame type', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('refuse %s', (_, bytes) => {
    expect(() => readAll([bytes])).toThrow(ProtocolError);
  });
});
