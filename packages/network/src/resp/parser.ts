/**
 * Cuts one direction of a RESP2 or RESP3 stream into values, wherever the chunks are cut. Its state is a
 * stack of the aggregates that are open, so no byte is looked at twice. Attributes are read over: they
 * speak about a value and are none. Streamed (`?`-sized) values exist in the specification only.
 */
import { ProtocolError } from '../conversation.ts';
import type { PlacedValue, RespValue } from './value.ts';

interface OpenAggregate {
  readonly kind: 'array' | 'set' | 'push' | 'map' | 'attribute';
  readonly items: RespValue[];
  left: number;
}

type BulkKind = 'bulk' | 'bulk-error' | 'verbatim';

/** Redis's own limit on inline commands and lines. */
const lineLengthMax = 64 * 1024;
const depthMax = 512;
const newline = 0x0a;
const carriageReturn = 0x0d;

export interface RespParserOptions {
  /** Redis takes commands as bare lines too; replies never are. */
  readonly inlineCommands: boolean;
}

export class RespParser {
  readonly #inlineCommands: boolean;
  readonly #open: OpenAggregate[] = [];
  /** A line or bulk that goes on in the next chunk. */
  #pieces: Buffer[] = [];
  #piecesLength = 0;
  #bulk: { readonly kind: BulkKind; readonly size: number } | undefined;
  #offset = 0;
  /** Offset of the value being read; -1 between values. */
  #start = -1;
  #out: PlacedValue[] = [];

  constructor({ inlineCommands }: RespParserOptions) {
    this.#inlineCommands = inlineCommands;
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
    const whole = bulk.size + 2;
    const end = at + whole - this.#piecesLength;
    if (end > chunk.length) {
      this.#keep(chunk.subarray(at));
      return chunk.length;
    }
    const bytes = this.#joined(chunk.subarray(at, end));
    if (bytes[bulk.size] !== carriageReturn || bytes[bulk.size + 1] !== newline) {
      throw new ProtocolError(`a RESP string of ${bulk.size} bytes does not end where it should`);
    }
    this.#bulk = undefined;
    this.#complete({ kind: bulk.kind, bytes: bytes.subarray(0, bulk.size) }, end);
    return end;
  }

  #line(chunk: Buffer, at: number): number {
    const found = chunk.indexOf(newline, at);
    const end = found < 0 ? chunk.length : found + 1;
    if (this.#piecesLength + end - at > lineLengthMax) {
      throw new ProtocolError(`a RESP line is longer than ${lineLengthMax} bytes`);
    }
    if (found < 0) {
      this.#keep(chunk.subarray(at));
      return end;
    }
    const line = this.#joined(chunk.subarray(at, end));
    const contentEnd = line.length - (line[line.length - 2] === carriageReturn ? 2 : 1);
    this.#lineRead(line, contentEnd, end);
    return end;
  }

  #lineRead(line: Buffer, contentEnd: number, at: number): void {
    const type = String.fromCharCode(line[0] ?? 0);
    if (this.#inlineCommands && this.#open.length === 0 && type !== '*') {
      const words = line.toString('latin1', 0, contentEnd).split(/\s+/).filter(Boolean);
      const items = words.map((word): RespValue => ({ kind: 'bulk', bytes: Buffer.from(word) }));
      return this.#complete({ kind: 'array', items }, at);
    }
    const text = line.toString('latin1', 1, contentEnd);
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
    if (text === '-1') return this.#complete({ kind: 'null' }, at);
    const left = lengthOf(text) * perEntry;
    if (this.#open.length >= depthMax) throw new ProtocolError(`RESP nested beyond ${depthMax}`);
    if (left > 0) this.#open.push({ kind, items: [], left });
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
        return;
      }
      parent.items.push(value);
      parent.left -= 1;
      if (parent.left > 0) return;
      this.#open.pop();
      if (parent.kind === 'attribute') return; // the value it speaks about is still to come
      value = { kind: parent.kind, items: parent.items };
    }
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#piecesLength += piece.length;
  }

  #joined(last: Buffer): Buffer {
    if (this.#pieces.length === 0) return last;
    const whole = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.#piecesLength = 0;
    return whole;
  }
}

function lengthOf(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new ProtocolError(`no RESP length: ${JSON.stringify(text)}`);
  return Number(text);
}
