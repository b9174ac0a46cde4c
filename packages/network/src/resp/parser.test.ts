import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ProtocolError } from '../conversation.ts';
import { cutAt, cuts } from '../testing/cut.ts';
import { respValue } from '../testing/resp-arbitrary.ts';
import { command, encode, encodeAttribute } from '../testing/resp-encoder.ts';
import { RespParser } from './parser.ts';
import { itemsOf, type PlacedValue, type RespValue } from './value.ts';

function readAll(chunks: readonly Buffer[], commands = false): PlacedValue[] {
  const parser = new RespParser({ commands });
  return chunks.flatMap((chunk) => parser.read(chunk));
}

const values = (chunks: readonly Buffer[], commands = false): RespValue[] =>
  readAll(chunks, commands).map(({ value }) => value);

const bulk = (text: string): RespValue => ({ kind: 'bulk', bytes: Buffer.from(text) });

describe('RESP values', () => {
  it('come back as they were written, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(respValue, { maxLength: 6 }), cuts, (written, places) => {
        const encoded = written.map(encode);
        const read = readAll(cutAt(Buffer.concat(encoded), places));
        expect(read.map(({ value }) => value)).toEqual(written);
        let offset = 0;
        for (const [index, { start, end }] of read.entries()) {
          expect([start, end]).toEqual([offset, offset + (encoded[index]?.length ?? NaN)]);
          offset = end;
        }
      }),
    );
  });

  it('are read without the attributes before and within them', () => {
    fc.assert(
      fc.property(respValue, respValue, cuts, (about, value, places) => {
        const attribute = encodeAttribute([about, about]);
        const nested = Buffer.concat([Buffer.from('*1\r\n'), attribute, encode(value)]);
        const stream = Buffer.concat([attribute, encode(value), nested]);
        expect(values(cutAt(stream, places))).toEqual([value, { kind: 'array', items: [value] }]);
      }),
    );
  });

  it('know the nulls of RESP2', () => {
    expect(values([Buffer.from('$-1\r\n*-1\r\n')])).toEqual([{ kind: 'null' }, { kind: 'null' }]);
  });

  it('read commands as bare lines where clients may write them so', () => {
    const stream = Buffer.concat([Buffer.from('PING\r\n SET  a b\n'), command('GET', 'a')]);
    const expected = [['PING'], ['SET', 'a', 'b'], ['GET', 'a']].map((words) => ({
      kind: 'array',
      items: words.map(bulk),
    }));
    for (const chunks of [[stream], cutAt(stream, [0.1, 0.2, 0.5, 0.6, 0.95])]) {
      expect(values(chunks, true)).toEqual(expected);
    }
  });

  it.each([
    ['an unknown type', 'HTTP/1.1 200 OK\r\n'],
    ['a length that is none', '$abc\r\n'],
    ['a string longer than it says', '$1\r\nabc\r\n'],
    ['a line without end', 'x'.repeat(70_000)],
    ['endless nesting', '*1\r\n'.repeat(100_001)],
  ])('refuse %s', (_, text) => {
    expect(() => readAll([Buffer.from(text)])).toThrow(ProtocolError);
  });

  it.each([
    ['a line longer than any Redis takes', 'x'.repeat(1024 * 1024 + 1)],
    ['a quote that nothing closes', 'SET q "a b\r\n'],
    ['a quote that ends in a word', 'SET q "a"b\r\n'],
  ])('refuse a command with %s', (_, text) => {
    expect(() => readAll([Buffer.from(text)], true)).toThrow(ProtocolError);
  });

  it.each([
    ['escapes of double quotes', String.raw`SET q "a b\x41\n\"c"`, ['SET', 'q', 'a bA\n"c']],
    ['the one of single quotes', String.raw`SET q 'a b\'c\n'`, ['SET', 'q', String.raw`a b'c\n`]],
    ['an empty word', 'ECHO ""', ['ECHO', '']],
    ['a quote that begins in a word', 'ECHO x"y z"', ['ECHO', 'xy z']],
    ['bytes that are no text', 'ECHO \u00ff', ['ECHO', '\u00ff']],
  ])('split a bare line as Redis does: %s', (_, written, words) => {
    const items = words.map((word) => ({ kind: 'bulk', bytes: Buffer.from(word, 'latin1') }));
    expect(values([Buffer.from(`${written}\r\n`, 'latin1')], true)).toEqual([
      { kind: 'array', items },
    ]);
  });

  it('take a command of no words, or of fewer, for none', () => {
    const stream = Buffer.from('*-5\r\n*-1\r\n*0\r\nPING\r\n');
    expect(readAll([stream], true).map(({ start, end }) => [start, end])).toEqual([
      [0, 5],
      [5, 10],
      [10, 14],
      [14, 20],
    ]);
  });

  it.each(['+', '-'])('go on behind a line of any length (%s)', (mark) => {
    const long = Buffer.from(`${mark}${'x'.repeat(300_000)}\r\n`);
    const stream = Buffer.concat([long, Buffer.from('+next\r\n')]);
    for (const chunks of [[stream], cutAt(stream, [0.1, 0.5, 0.9])]) {
      const [first, second] = readAll(chunks);
      expect(first).toMatchObject({ start: 0, end: long.length });
      expect(second).toMatchObject({ value: { kind: 'simple', text: 'next' }, start: long.length });
    }
  });

  it('keep the beginning of what is long, and all places', () => {
    const size = 3 * 1024 * 1024;
    const stream = Buffer.concat([
      command('SET', 'a', Buffer.alloc(size, 'x')),
      command('GET', 'a'),
    ]);
    for (const chunks of [[stream], cutAt(stream, [0.1, 0.5, 0.9])]) {
      const [set, get] = readAll(chunks, true);
      const kept = itemsOf(set?.value).map((item) => ('bytes' in item ? item.bytes.length : NaN));
      expect(kept).toEqual([3, 1, 1024 * 1024]);
      expect(get).toEqual({
        value: { kind: 'array', items: [bulk('GET'), bulk('a')] },
        start: set?.end,
        end: stream.length,
      });
    }
  });

  it('count the items of a long list that they do not keep', () => {
    const items = Array.from({ length: 100_010 }, (_, index) => bulk(String(index)));
    const stream = Buffer.concat([encode({ kind: 'array', items }), encode(bulk('next'))]);
    const [list, next] = values([stream]);
    expect(itemsOf(list)).toHaveLength(100_000);
    expect(list).toMatchObject({ omitted: 10 });
    expect(next).toEqual(bulk('next'));
  });
});
