/**
 * What the tap needs of a protocol: bytes of both directions in, units out. A unit is the smallest run
 * of bytes that means something by itself (an AMQP method with its content, a RESP command or reply),
 * and the tap holds in front of one, never inside.
 */
import type { WireEvent } from '@lab/contract';

export type Direction = 'up' | 'down';

/** A wire event without what only the tap knows: where it passed and whether it crossed. */
export interface Reading extends Pick<
  WireEvent,
  | 'frame'
  | 'means'
  | 'keys'
  | 'channel'
  | 'deliveryTag'
  | 'redelivered'
  | 'entries'
  | 'script'
  | 'detail'
> {
  /** False for what is decoded but not worth a line of history. It can still be held. */
  readonly recorded: boolean;
}

export interface Unit {
  /** Offset of its first byte in its direction's stream. */
  readonly start: number;
  /** Offset after its last byte. */
  readonly end: number;
  /** What it says: one thing, or several (an EXEC reply answers every command of its transaction). */
  readonly readings: readonly Reading[];
}

/** Decoder and correlator of one connection. */
export interface Conversation {
  /**
   * Takes the next bytes of one direction and returns the units they complete, in order.
   * @throws ProtocolError when the bytes are not the protocol's; nothing may be fed after that.
   */
  read(direction: Direction, chunk: Buffer): readonly Unit[];
  /** True while the server owes the client an answer that comes by itself, and soon. */
  readonly awaited: boolean;
}

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
