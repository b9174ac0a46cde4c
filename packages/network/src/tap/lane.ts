/**
 * One direction of one tapped connection.
 *
 *   source --bytes--> [forward first, decode second]            while nothing is armed
 *   source --bytes--> queue -> decode -> gate -> forward         while a hold is armed or reached
 *
 * Bytes are never changed or reordered. While a frame is held the source is paused, so the sender feels
 * real back-pressure, and the source's end waits behind the frame. A frame whose way out closed before it
 * could go is lost. One that stands on its way down is past the carrier of faults: when it is let go, what the
 * link is under is done to it here.
 */
import type { WireEvent } from '@lab/contract';

import type { Direction, Reading, Unit } from '../conversation.ts';
import type { ArmedHold, Strike } from './holds.ts';

/** How a socket ended: politely, or with a reset. */
export type Ending = 'fin' | 'rst';

/** What a lane asks of the connection it belongs to. */
export interface LaneHost {
  /** Decodes; returns nothing more once the stream proved undecodable. */
  decode(direction: Direction, chunk: Buffer): readonly Unit[];
  /** False once the stream proved undecodable: nothing will be held any more. */
  readonly decodable: boolean;
  armed(direction: Direction): readonly ArmedHold[];
  event(direction: Direction, reading: Reading, passage: WireEvent['passage']): WireEvent;
  record(event: WireEvent): void;
  pauseSource(direction: Direction): void;
  /** Nothing stands at the gate any more. */
  onFreed(direction: Direction): void;
  /** Writes to the sink. */
  write(direction: Direction, bytes: Buffer): void;
  /** Passes the source's end on to the sink. */
  endSink(direction: Direction, ending: Ending): void;
  /** What the link is under does to a frame that was held and may go. */
  fate(direction: Direction): Fate;
  /** Ends the connection, or this direction of it, before the frame that stands in it. */
  strike(direction: Direction, how: Strike): Promise<string>;
}

/** `keep`: until the fault is over. */
export type Fate = Strike | 'cross' | 'keep';

export class Lane {
  readonly direction: Direction;
  readonly #host: LaneHost;
  /** Bytes read from the source and not yet forwarded; the first of them has offset `#forwarded`. */
  readonly #queue: Buffer[] = [];
  #forwarded = 0;
  /** Decoded and not yet through the gate. */
  readonly #units: Unit[] = [];
  /** Holds at which the first unit stands. */
  #heldBy = 0;
  /** Set while a held unit passes: it was asked already. */
  #passed: Unit | undefined;
  #sourceEnding: Ending | undefined;
  #sinkEnding: Ending | undefined;
  #over = false;
  /** A held frame may go, and the link keeps it. */
  #kept = false;
  /** What comes now is dropped. */
  #swallowing = false;

  constructor(direction: Direction, host: LaneHost) {
    this.direction = direction;
    this.#host = host;
  }

  get held(): boolean {
    return this.#heldBy > 0;
  }

  /** Bytes from the source. */
  take(chunk: Buffer): void {
    const { direction } = this;
    const mayHold = this.#host.decodable && this.#host.armed(direction).length > 0;
    if (this.#swallowing) {
      for (const unit of this.#host.decode(direction, chunk)) this.#tell(unit, 'lost');
      return;
    }
    if (!mayHold && this.#queue.length === 0 && this.#sinkEnding === undefined) {
      this.#host.write(direction, chunk);
      this.#forwarded += chunk.length;
      for (const unit of this.#host.decode(direction, chunk)) this.#tell(unit, 'crossed');
      return;
    }
    this.#queue.push(chunk);
    this.#units.push(...this.#host.decode(direction, chunk));
    this.advance();
  }

  /** Lets through what may go. Called again when a hold was released or disarmed. */
  advance(): void {
    while (!this.held && this.#units.length > 0) {
      const unit = this.#units[0];
      if (unit === undefined || this.#stops(unit)) break;
      this.#units.shift();
      this.#forward(unit.end);
      this.#tell(unit, this.#sinkEnding === undefined ? 'crossed' : 'lost');
    }
    if (this.held) return;
    const undecided = this.#host.decodable && this.#host.armed(this.direction).length > 0;
    if (!undecided || this.#sourceEnding !== undefined) this.#forward(Infinity);
    if (this.#sourceEnding !== undefined) this.#finish(this.#sourceEnding);
    else if (this.#sinkEnding !== undefined) this.#finish(this.#sinkEnding);
  }

  /** The source will send no more. A held frame keeps the news back. */
  sourceEnded(ending: Ending): void {
    this.#sourceEnding ??= ending;
    // A reset discards what is on its way. And what the far side had sent when its connection ended
    // under a held frame was in flight on a path that is gone.
    if (ending === 'rst' || (this.held && this.direction === 'down')) this.#sinkEnding ??= ending;
    this.advance();
  }

  /** The sink reads no more: Toxiproxy knows no half-closed connections, one end closes the pair. */
  sinkEnded(ending: Ending): void {
    this.#sinkEnding ??= ending;
    this.advance();
  }

  /** What stands here and comes behind it is lost, and nobody is told. */
  swallow(): void {
    this.#swallowing = true;
    this.#heldBy = 0;
    for (const unit of this.#units.splice(0)) this.#tell(unit, 'lost');
    for (const bytes of this.#queue.splice(0)) this.#forwarded += bytes.length;
    this.advance();
  }

  /** What stands here and has not crossed is lost, and the sink's end is told. */
  cutOff(ending: Ending): void {
    this.#sinkEnding ??= ending;
    this.#heldBy = 0;
    this.advance();
  }

  /** The link keeps frames no more, or does something else to them. */
  reconsider(): void {
    if (this.#kept) this.#letGo();
  }

  /** The link closes: what has not crossed is lost. */
  abandon(): void {
    this.#sinkEnding ??= 'rst';
    this.#over = true;
    this.#heldBy = 0;
    for (const unit of this.#units.splice(0)) this.#tell(unit, 'lost');
  }

  #stops(unit: Unit): boolean {
    // A unit that has begun to cross cannot be held; one that can no longer cross need not be.
    if (unit === this.#passed || unit.start < this.#forwarded) return false;
    if (this.#sinkEnding !== undefined) return false;
    const armed = this.#host.armed(this.direction);
    if (armed.length === 0) return false;
    const events = unit.readings.map((reading) =>
      this.#host.event(this.direction, reading, 'held'),
    );
    const stopping = armed.flatMap((hold) => {
      const event = events.find((candidate) => hold.stopsAt(candidate));
      return event === undefined ? [] : [{ hold, event }];
    });
    if (stopping.length === 0) return false;
    this.#forward(unit.start);
    this.#passed = unit;
    this.#heldBy = stopping.length;
    this.#host.pauseSource(this.direction);
    for (const event of new Set(stopping.map((stop) => stop.event))) this.#host.record(event);
    for (const { hold, event } of stopping) {
      hold.reach(event, {
        release: () => this.#release(unit),
        strike: (how) => this.#host.strike(this.direction, how),
      });
    }
    return true;
  }

  #release(unit: Unit): void {
    if (!this.held || unit !== this.#passed) return; // it was struck
    if (this.#heldBy > 1) this.#heldBy -= 1;
    else this.#letGo();
  }

  #letGo(): void {
    if (this.#over) return;
    const fate = this.#sinkEnding === undefined ? this.#host.fate(this.direction) : 'cross';
    this.#kept = fate === 'keep';
    if (fate === 'keep') return;
    this.#heldBy = 0;
    if (fate !== 'cross') return void this.#host.strike(this.direction, fate);
    this.advance();
    if (!this.held) this.#host.onFreed(this.direction);
  }

  #tell(unit: Unit, passage: 'crossed' | 'lost'): void {
    for (const reading of unit.readings) {
      if (!reading.recorded && unit !== this.#passed) continue;
      this.#host.record(this.#host.event(this.direction, reading, passage));
    }
  }

  /** Forwards queued bytes up to a stream offset, or drops them when the sink is gone. */
  #forward(end: number): void {
    let first = this.#queue[0];
    while (first !== undefined && this.#forwarded < end) {
      const length = Math.min(first.length, end - this.#forwarded);
      const bytes = length === first.length ? first : first.subarray(0, length);
      if (length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(length);
      this.#forwarded += length;
      if (this.#sinkEnding === undefined) this.#host.write(this.direction, bytes);
      first = this.#queue[0];
    }
  }

  #finish(ending: Ending): void {
    if (this.#over) return;
    this.#over = true;
    this.#host.endSink(this.direction, ending);
  }
}
