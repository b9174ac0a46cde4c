/**
 * Arbitrary frames, split and joined, through the lanes of a tap, with holds in their way: nothing crashes, nothing is
 * changed, nothing goes blind. How many: 20,000 of each protocol, or `LAB_FUZZ_FRAMES`.
 */
import type { WireEvent } from '@lab/contract';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { conversationOf } from '../conversation-of.ts';
import type { Conversation, Direction, Unit } from '../conversation.ts';
import {
  ack,
  body,
  contentHeader,
  deliver,
  heartbeat,
  longLong,
  method,
  octet,
  publish,
  returned,
  short,
  shortString,
} from '../testing/amqp-encoder.ts';
import { cutAt, cuts } from '../testing/cut.ts';
import { respValue } from '../testing/resp-arbitrary.ts';
import { command, encode } from '../testing/resp-encoder.ts';
import { Lane, type LaneHost } from './lane.ts';

const frames = Number(process.env['LAB_FUZZ_FRAMES'] ?? 20_000);
const framesPerRun = 50;

/** What crosses, in the order in which it does. */
interface Sent {
  readonly direction: Direction;
  readonly bytes: Buffer;
}

const up = (bytes: Buffer): Sent => ({ direction: 'up', bytes });
const down = (bytes: Buffer): Sent => ({ direction: 'down', bytes });

const channel = fc.integer({ min: 1, max: 3 });
const tag = fc.nat(20);
const key = fc.string({ maxLength: 12 });
const size = fc.oneof(fc.constant(0), fc.nat(300), fc.nat(20_000));
const toEither = (bytes: Buffer): fc.Arbitrary<Sent> => fc.constantFrom(up(bytes), down(bytes));
const whole = (parts: readonly Buffer[], count: number): Buffer =>
  Buffer.concat(parts.slice(0, count));

const amqpFrame: fc.Arbitrary<Sent> = fc.oneof(
  // A publish, or as much of it as its channel lets it come to.
  fc
    .tuple(channel, key, size, fc.integer({ min: 1, max: 9 }))
    .map(([number, id, length, count]) => up(whole(publish(number, id, length), count))),
  fc.tuple(channel, key, tag).map(([number, id, at]) => down(deliver(number, id, at))),
  fc.tuple(channel, key).map(([number, id]) => down(returned(number, id))),
  fc
    .tuple(channel, tag, fc.constantFrom<0 | 1>(0, 1))
    .chain(([number, at, multiple]) => toEither(ack(number, at, multiple))),
  fc
    .tuple(channel, tag, fc.nat(3))
    .chain(([number, at, bits]) => toEither(method(number, 60, 120, longLong(at), octet(bits)))),
  fc
    .tuple(channel, fc.constantFrom(100, 110))
    .map(([number, id]) => up(method(number, 60, id, octet(1)))),
  channel.map((number) => down(method(number, 60, 111))),
  channel.map((number) => up(method(number, 85, 10, octet(0)))),
  channel.map((number) => up(method(number, 20, 10, shortString('')))),
  fc
    .tuple(channel, key)
    .chain(([number, text]) =>
      toEither(method(number, 20, 40, short(200), shortString(text), short(0), short(0))),
    ),
  channel.chain((number) => toEither(method(number, 20, 41))),
  // Nothing that the lab knows, content out of its place, and silence.
  fc
    .tuple(channel, fc.nat(200), fc.uint8Array({ maxLength: 40 }))
    .chain(([number, id, args]) => toEither(method(number, 200, id, Buffer.from(args)))),
  fc.tuple(channel, size).chain(([number, length]) => toEither(body(number, length))),
  fc.tuple(channel, key).chain(([number, id]) => toEither(contentHeader(number, id, 10))),
  fc.constantFrom(up(heartbeat), down(heartbeat)),
);

const word = fc.oneof(
  fc.constantFrom('a', '{cell}:ledger', '{cell}:claims', '{cell}:bull:jobs:wait', '2', ''),
  fc.string({ maxLength: 20 }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.constant('{"entry":"e","key":"k","kind":"effect","amount":1,"by":"w"}'),
);
const name = fc.constantFrom(
  'GET',
  'SET',
  'RPUSH',
  'HSETNX',
  'EVAL',
  'EVALSHA',
  'FCALL',
  'MULTI',
  'EXEC',
  'DISCARD',
  'RESET',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'PSUBSCRIBE',
  'PUNSUBSCRIBE',
  'MONITOR',
  'HELLO',
  'PUBLISH',
  'QUIT',
);
const status = fc.constantFrom(
  'OK',
  'QUEUED',
  'RESET',
  '1700000000.1 [0 lua] "GET"',
  'x'.repeat(70_000),
);

const respFrame: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(name, fc.array(word, { maxLength: 6 }))
      .map(([first, rest]) => up(command(first, ...rest))),
  },
  fc.constantFrom('ON', 'OFF', 'SKIP', 'x').map((mode) => up(command('CLIENT', 'REPLY', mode))),
  fc
    .constantFrom('PING\r\n', ' SET "a b" \'c\'\n', '\r\n', '*-5\r\n', '*0\r\n', 'ECHO ""\r\n')
    .map((line) => up(Buffer.from(line))),
  { weight: 3, arbitrary: respValue.map((value) => down(encode(value))) },
  status.map((text) => down(encode({ kind: 'simple', text }))),
  fc
    .tuple(
      fc.constantFrom<'array' | 'push'>('array', 'push'),
      fc.constantFrom('message', 'subscribe', 'unsubscribe'),
    )
    .map(([kind, text]) =>
      down(
        encode({
          kind,
          items: [{ kind: 'bulk', bytes: Buffer.from(text) }, { kind: 'null' }, { kind: 'null' }],
        }),
      ),
    ),
);

/** Holds at every so manyth frame of both directions, until released. */
class Stage implements LaneHost {
  readonly out: Record<Direction, Buffer[]> = { up: [], down: [] };
  readonly decodable = true;
  readonly #conversation: Conversation;
  readonly #lanes = { up: new Lane('up', this), down: new Lane('down', this) };
  readonly #every: number;
  readonly #releases: (() => void)[] = [];
  #seen = 0;
  #units = { up: 0, down: 0 };

  constructor(conversation: Conversation, every: number) {
    this.#conversation = conversation;
    this.#every = every;
  }

  take({ direction, bytes }: Sent): void {
    this.#lanes[direction].take(bytes);
    if (this.#releases.length > 1) this.#releases.shift()?.();
  }

  end(): void {
    while (this.#releases.length > 0) this.#releases.shift()?.();
    for (const lane of [this.#lanes.up, this.#lanes.down]) lane.sourceEnded('fin');
    while (this.#releases.length > 0) this.#releases.shift()?.();
  }

  /** Units follow one another in each direction, in the order of their first byte. */
  decode(direction: Direction, chunk: Buffer): readonly Unit[] {
    const units = this.#conversation.read(direction, chunk);
    for (const { start, end } of units) {
      if (start < this.#units[direction] || end < start) throw new Error(`${start} to ${end}`);
      this.#units[direction] = start;
    }
    return units;
  }

  armed() {
    if (this.#every === 0) return [];
    const hold = {
      stopsAt: () => (this.#seen += 1) % this.#every === 0,
      reach: (_event: WireEvent, frame: { release(): void }) => {
        this.#releases.push(() => frame.release());
      },
    };
    return [hold];
  }

  event(
    direction: Direction,
    reading: { readonly frame: string },
    passage: 'crossed' | 'held' | 'lost',
  ) {
    const where = { link: 'a>b', connection: 1, direction, protocol: 'amqp' } as const;
    return { kind: 'wire', passage, frame: reading.frame, ...where } as const;
  }

  write(direction: Direction, bytes: Buffer): void {
    this.out[direction].push(bytes);
  }

  fate() {
    return 'cross' as const;
  }

  strike(): Promise<string> {
    throw new Error('nothing is struck');
  }

  // What sockets would do; there are none.
  record(): void {}
  pauseSource(): void {}
  onFreed(): void {}
  endSink(): void {}
}

/** Neighbours of one direction joined, and cut anywhere: as sockets deliver. */
function chunksOf(sent: readonly Sent[], places: readonly number[]): Sent[] {
  const runs: { direction: Direction; parts: Buffer[] }[] = [];
  for (const { direction, bytes } of sent) {
    const last = runs.at(-1);
    if (last?.direction === direction) last.parts.push(bytes);
    else runs.push({ direction, parts: [bytes] });
  }
  return runs.flatMap(({ direction, parts }) =>
    cutAt(Buffer.concat(parts), places).map((bytes) => ({ direction, bytes })),
  );
}

describe.each([
  ['amqp', amqpFrame],
  ['redis', respFrame],
] as const)('%s frames of any kind', (protocol, arbitrary) => {
  it('cross the tap as they are, and are read to the end', { timeout: 10_000 + frames }, () => {
    fc.assert(
      fc.property(
        fc.array(arbitrary, { minLength: framesPerRun, maxLength: framesPerRun }),
        cuts,
        fc.constantFrom(0, 0, 1, 2, 5),
        (sent, places, every) => {
          const stage = new Stage(conversationOf(protocol)(), every);
          for (const chunk of chunksOf(sent, places)) stage.take(chunk);
          stage.end();
          for (const direction of ['up', 'down'] as const) {
            const wanted = sent.filter((one) => one.direction === direction);
            const crossed = Buffer.concat(stage.out[direction]);
            expect(crossed.equals(Buffer.concat(wanted.map(({ bytes }) => bytes)))).toBe(true);
          }
        },
      ),
      { numRuns: Math.ceil(frames / framesPerRun) },
    );
  });
});
