/** Writes RESP2 and RESP3, for tests. */
import type { RespValue } from '../resp/value.ts';

const marks = {
  simple: '+',
  error: '-',
  integer: ':',
  double: ',',
  'big-number': '(',
  bulk: '$',
  'bulk-error': '!',
  verbatim: '=',
  array: '*',
  set: '~',
  push: '>',
} as const;

export function encode(value: RespValue): Buffer {
  switch (value.kind) {
    case 'null':
      return Buffer.from('_\r\n');
    case 'boolean':
      return Buffer.from(value.value ? '#t\r\n' : '#f\r\n');
    case 'bulk':
    case 'bulk-error':
    case 'verbatim':
      return Buffer.concat([
        Buffer.from(`${marks[value.kind]}${value.bytes.length}\r\n`),
        value.bytes,
        Buffer.from('\r\n'),
      ]);
    case 'map':
      return aggregate('%', value.items.length / 2, value.items);
    case 'array':
    case 'set':
    case 'push':
      return aggregate(marks[value.kind], value.items.length, value.items);
    case 'simple':
    case 'error':
    case 'integer':
    case 'double':
    case 'big-number':
      return Buffer.from(`${marks[value.kind]}${value.text}\r\n`);
    default:
      return value satisfies never;
  }
}

/** An attribute: what a server may say about the value that follows. */
export function encodeAttribute(items: readonly RespValue[]): Buffer {
  return aggregate('|', items.length / 2, items);
}

/** A command as clients send it. */
export function command(...words: readonly (string | Buffer)[]): Buffer {
  return encode({
    kind: 'array',
    items: words.map((word) => ({ kind: 'bulk', bytes: Buffer.from(word) })),
  });
}

function aggregate(mark: string, size: number, items: readonly RespValue[]): Buffer {
  return Buffer.concat([Buffer.from(`${mark}${size}\r\n`), ...items.map(encode)]);
}
