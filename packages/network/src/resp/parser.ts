/**
 * Cuts one direction of a RESP2 or RESP3 stream into values, wherever the chunks are cut. Its state is a
 * stack of the aggregates that are open, so no byte is looked at twice. Attributes are read over: they
 * speak about a value and are none. Streamed (`?`-sized) values exist in the specification only.
 *
 * What is kept of a value has limits, so that reading costs no memory that grows with it: the beginning of a
 * long line or string, and the first items of a long list. All of it is read, and its end is where it is.
 */
import { ProtocolError } from '../conversation.ts';
import { inlineWords } from './inline-command.ts';
import type { PlacedValue, RespValue } from './value.ts';

interface OpenAggregate {
  readonly kind: 'array' | 'set' | 'push' | 'map' | 'attribute';
  readonly items: RespValue[];
  left: number;
  omitted: number;
}

type BulkKind = 'bulk' | 'bulk-error' | 'verbatim';

/** Of a line: a status, an error, what MONITOR prints. */
const lineBytesKept = 64 * 1024;
/** Of a string: the text of a script, a packed list of jobs. */
const stringBytesKept = 1024 * 1024;
/** Of all in one value. */
const bytesKept = 16 * 1024 * 1024;
const itemsKept = 100_000;
/** Of a command as a bare line; Redis itself refuses one of 64 KiB whose end it has not seen. */
const inlineLengthMax = 1024 * 1024;
/** Lua lets Redis nest a reply some 8,000 deep. */
const depthMax = 100_000;
const newline = 0x0a;
const carriageReturn = 0x0d;
const dollar = 0x24;

export interface RespParserOptions {
  /** Redis takes commands as bare lines too, and ignores one of no words or fewer; replies never are such. */
  readonly commands: boolean;
}

export class RespParser {
  readonly #commands: boolean;
  readonly #open: OpenAggregate[] = [];
  /** What is kept of a line or string that goes on in the next chunk, and how much of it is read. */
  #pieces: Buffer[] = [];
  #piecesLength = 0;
  #readLength = 0;
  #bulk: { readonly kind: BulkKind; readonly size: number } | undefined;
  #offset = 0;
  /** Offset of the value being read; -1 between values. */
  #start = -1;
  /** What of it may still be kept. */
  #bytesLeft = bytesKept;
  #itemsLeft = itemsKept;
  #out: PlacedValue[] = [];

  constructor({ commands }: RespParserOptions) {
    this.#commands = commands;
  }

  /** @throws ProtocolError when it is not RESP. */
  read(chunk: Buffer): readonly PlacedValue[] {
    this.#out = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#start < 0) this.#start = this.#offset + at;
      at =
        this.#bulk === undefined ? this.#line(chunk, at) : this.#bulkBytes(chunk, at, this.#bulk);
    }
    this.#offset += chunk.length;
    return this.#out;
  }

  #bulkBytes(chunk: Buffer, at: number, bulk: { kind: BulkKind; size: number }): number {
    const contentEnd = at + bulk.size - this.#readLength;
    const end = contentEnd + 2;
    if (contentEnd >= at && contentEnd < chunk.length) expect(chunk, contentEnd, carriageReturn);
    const left = this.#itemsLeft > 0 ? this.#bytesLeft : 0;
    const wanted = Math.max(0, Math.min(stringBytesKept, left));
    if (end > chunk.length) {
      this.#keep(chunk, at, Math.min(contentEnd, chunk.length), wanted);
      this.#readLength += chunk.length - at;
      return chunk.length;
    }
    expect(chunk, end - 1, newline);
    this.#bulk = undefined;
    const bytes = wanted > 0 ? this.#last(chunk, at, contentEnd, wanted) : nothing;
    this.#readLength = 0;
    this.#complete({ kind: bulk.kind, bytes }, end);
    return end;
  }

  #line(chunk: Buffer, at: number): number {
    const found = chunk.indexOf(newline, at);
    const end = found < 0 ? chunk.length : found + 1;
    const inline = this.#commands && this.#open.length === 0;
    const wanted = inline ? inlineLengthMax : lineBytesKept;
    const length = this.#readLength + end - at;
    if (length > wanted && (inline || !mayBeLong(this.#pieces[0] ?? chunk.subarray(at)))) {
      throw new ProtocolError(`a RESP line is longer than ${wanted} bytes`);
    }
    if (found < 0) {
      this.#keep(chunk, at, end, wanted);
      this.#readLength = length;
      return end;
    }
    if (length < 14 && this.#readLength === 0 && chunk[at] === dollar && !inline) {
      const size = sizeIn(chunk, at + 1, end);
      if (size >= 0) {
        this.#bulk = { kind: 'bulk', size };
        return end;
      }
    }
    const line = this.#last(chunk, at, end, wanted);
    let content = line.length;
    if (content === length) content -= line[length - 2] === carriageReturn ? 2 : 1;
    this.#lineRead(line.subarray(0, content), end);
    return end;
  }

  #lineRead(line: Buffer, at: number): void {
    const type = String.fromCharCode(line[0] ?? 0);
    if (this.#commands && this.#open.length === 0 && type !== '*') {
      const items = inlineWords(line).map((bytes): RespValue => ({ kind: 'bulk', bytes }));
      return this.#complete({ kind: 'array', items }, at);
    }
    const text = line.toString('utf8', 1);
    switch (type) {
      case '+':
        return this.#complete({ kind: 'simple', text }, at);
      case '-':
        return this.#complete({ kind: 'error', text }, at);
      case ':':
        return this.#complete({ kind: 'integer', text }, at);
      case ',':
        return this.#complete({ kind: 'double', text }, at);
      case '(':
        return this.#complete({ kind: 'big-number', text }, at);
      case '#':
        return this.#complete({ kind: 'boolean', value: text === 't' }, at);
      case '_':
        return this.#complete({ kind: 'null' }, at);
      case '$':
        return this.#openBulk('bulk', text, at);
      case '!':
        return this.#openBulk('bulk-error', text, at);
      case '=':
        return this.#openBulk('verbatim', text, at);
      case '*':
        return this.#openAggregate('array', text, 1, at);
      case '~':
        return this.#openAggregate('set', text, 1, at);
      case '>':
        return this.#openAggregate('push', text, 1, at);
      case '%':
        return this.#openAggregate('map', text, 2, at);
      case '|':
        return this.#openAggregate('attribute', text, 2, at);
      default:
        throw new ProtocolError(`no RESP type: ${JSON.stringify(type)}`);
    }
  }

  #openBulk(kind: BulkKind, text: string, at: number): void {
    if (text === '-1') return this.#complete({ kind: 'null' }, at);
    this.#bulk = { kind, size: lengthOf(text) };
  }

  #openAggregate(kind: OpenAggregate['kind'], text: string, perEntry: 1 | 2, at: number): void {
    if (this.#commands && text.startsWith('-') && /^-\d{1,10}$/.test(text)) {
      return this.#complete({ kind: 'array', items: [] }, at);
    }
    if (text === '-1') return this.#complete({ kind: 'null' }, at);
    const left = lengthOf(text) * perEntry;
    if (this.#open.length >= depthMax) throw new ProtocolError(`RESP nested beyond ${depthMax}`);
    if (left > 0) this.#open.push({ kind, items: [], left, omitted: 0 });
    else if (kind !== 'attribute') this.#complete({ kind, items: [] }, at);
  }

  /** @param at where the chunk goes on. */
  #complete(done: RespValue, at: number): void {
    let value = done;
    for (;;) {
      const parent = this.#open.at(-1);
      if (parent === undefined) {
        this.#out.push({ value, start: this.#start, end: this.#offset + at });
        this.#start = -1;
        this.#bytesLeft = bytesKept;
        this.#itemsLeft = itemsKept;
        return;
      }
      if (this.#itemsLeft > 0) {
        this.#itemsLeft -= 1;
        parent.items.push(value);
      } else {
        parent.omitted += 1;
      }
      parent.left -= 1;
      if (parent.left > 0) return;
      this.#open.pop();
      if (parent.kind === 'attribute') return; // the value it speaks about is still to come
      const { kind, items, omitted } = parent;
      value = omitted === 0 ? { kind, items } : { kind, items, omitted };
    }
  }

  /** Keeps what stands from `from` to `to` of the chunk, as far as `wanted` bytes of the whole reach. */
  #keep(chunk: Buffer, from: number, to: number, wanted: number): void {
    const length = Math.min(to - from, wanted - this.#piecesLength);
    if (length <= 0) return;
    this.#pieces.push(chunk.subarray(from, from + length));
    this.#piecesLength += length;
  }

  /** What is kept of a line or string whose last part stands from `from` to `to` of the chunk. */
  #last(chunk: Buffer, from: number, to: number, wanted: number): Buffer {
    if (this.#readLength === 0) {
      const bytes = chunk.subarray(from, Math.min(to, from + wanted));
      this.#bytesLeft -= bytes.length;
      return bytes;
    }
    this.#keep(chunk, from, to, wanted);
    const [only, ...more] = this.#pieces;
    this.#bytesLeft -= this.#piecesLength;
    this.#pieces = [];
    this.#piecesLength = 0;
    this.#readLength = 0;
    if (only === undefined) return nothing;
    return more.length === 0 ? only : Buffer.concat([only, ...more]);
  }
}

const nothing = Buffer.alloc(0);

/** The length that a short line says after its first octet; -1 where it says something else. */
function sizeIn(chunk: Buffer, from: number, end: number): number {
  const to = end - (chunk[end - 2] === carriageReturn ? 2 : 1);
  let size = to > from ? 0 : -1;
  for (let at = from; at < to; at += 1) {
    const digit = (chunk[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    size = size * 10 + digit;
  }
  return size;
}

/** A line that says something, and not how long what follows is. */
function mayBeLong(line: Buffer): boolean {
  return '+-('.includes(String.fromCharCode(line[0] ?? 0));
}

function expect(chunk: Buffer, at: number, octet: number): void {
  if (chunk[at] !== octet) throw new ProtocolError('a RESP string does not end where it should');
}

function lengthOf(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new ProtocolError(`no RESP length: ${JSON.stringify(text)}`);
  return Number(text);
}
