/**
 * Cuts one direction of an AMQP 0-9-1 stream into frames, wherever the chunks are cut. Bodies are counted
 * and checked, not kept: nothing in the lab reads them from the wire.
 *
 *   octet type | short channel | long size | size octets | 0xCE
 */
import { ProtocolError } from '../conversation.ts';

export type Frame = {
  readonly channel: number;
  /** Offsets in the stream. */
  readonly start: number;
  readonly end: number;
} & (
  | { readonly kind: 'protocol-header' }
  | { readonly kind: 'method' | 'heartbeat'; readonly payload: Buffer }
  | { readonly kind: 'header'; readonly payload: Buffer }
  | { readonly kind: 'body'; readonly size: number }
);

const kinds: Readonly<Record<number, 'method' | 'header' | 'body' | 'heartbeat'>> = {
  1: 'method',
  2: 'header',
  3: 'body',
  8: 'heartbeat',
};
const headSize = 7;
const endOctet = 0xce;
const protocolHeaderSize = 8;
/** Of a frame that is kept until it is whole, so not of a body. Larger than any negotiated: it is not AMQP. */
const frameSizeMax = 64 * 1024 * 1024;

export class FrameReader {
  /** Bytes of a frame that is not complete; never body octets. */
  #rest: Buffer[] = [];
  #restLength = 0;
  /** How many of its bytes it takes to go on. */
  #needed = 0;
  /** Offset of the first byte of `#rest`, or of the next chunk. */
  #offset = 0;
  /** The body frame being counted, and how many of its octets (0xCE included) are to come. */
  #body: { readonly channel: number; readonly start: number; readonly size: number } | undefined;
  #bodyLeft = 0;

  /** @throws ProtocolError when it is not AMQP. */
  read(chunk: Buffer): readonly Frame[] {
    const bytes = this.#joined(chunk);
    if (bytes === undefined) return [];
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      if (this.#body !== undefined) {
        const step = Math.min(this.#bodyLeft, bytes.length - at);
        at += step;
        this.#bodyLeft -= step;
        if (this.#bodyLeft > 0) break;
        expectEnd(bytes[at - 1]);
        frames.push({ kind: 'body', ...this.#body, end: this.#offset + at });
        this.#body = undefined;
      }
      const size = this.#next(bytes, at, frames);
      if (size === 0) break;
      at += size;
    }
    this.#rest = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#restLength = bytes.length - at;
    this.#offset += at;
    return frames;
  }

  /** The rest and the chunk, joined once there is enough of them. */
  #joined(chunk: Buffer): Buffer | undefined {
    if (this.#restLength === 0) return chunk;
    this.#rest.push(chunk);
    this.#restLength += chunk.length;
    return this.#restLength < this.#needed ? undefined : Buffer.concat(this.#rest);
  }

  /** Takes what begins at `at`. @returns how many bytes it took; 0 when `#needed` are. */
  #next(bytes: Buffer, at: number, frames: Frame[]): number {
    const start = this.#offset + at;
    const left = bytes.length - at;
    if (left > 0 && bytes[at] === 0x41 /* the A of AMQP */) {
      this.#needed = protocolHeaderSize;
      if (left < this.#needed) return 0;
      expectProtocolHeader(bytes.toString('latin1', at, at + 4));
      frames.push({ kind: 'protocol-header', channel: 0, start, end: start + protocolHeaderSize });
      return protocolHeaderSize;
    }
    this.#needed = headSize;
    if (left < this.#needed) return 0;
    const kind = kinds[bytes.readUInt8(at)];
    const channel = bytes.readUInt16BE(at + 1);
    const size = bytes.readUInt32BE(at + 3);
    if (kind === undefined || (size > frameSizeMax && kind !== 'body')) {
      throw new ProtocolError(`no AMQP frame: type ${bytes[at]}, size ${size}, at byte ${start}`);
    }
    if (kind === 'body') {
      this.#body = { channel, start, size };
      this.#bodyLeft = size + 1;
      return headSize;
    }
    const whole = headSize + size + 1;
    this.#needed = whole;
    if (left < whole) return 0;
    expectEnd(bytes[at + whole - 1]);
    const payload = bytes.subarray(at + headSize, at + headSize + size);
    frames.push({ kind, channel, start, end: start + whole, payload });
    return whole;
  }
}

function expectEnd(octet: number | undefined): void {
  if (octet !== endOctet) throw new ProtocolError(`AMQP frame ends with ${octet}, expected 0xCE`);
}

function expectProtocolHeader(text: string): void {
  if (text !== 'AMQP') throw new ProtocolError(`no AMQP protocol header: ${text}`);
}
