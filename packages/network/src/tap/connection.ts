/**
 * One tapped connection: two sockets and a lane each way. FIN is passed on as FIN, RST as RST, and no
 * error here ever leaves it. `opened` is its first line in the record and `ended` its last.
 *
 * A client may close its side and still be answered. Behind the tap a FIN ends both directions, so the client's
 * waits here for what the server owes it.
 */
import type { Socket } from 'node:net';

import type { WireEvent } from '@lab/contract';

import type { Conversation, Direction, Reading, Unit } from '../conversation.ts';
import { resetSocket } from '../reset-socket.ts';
import type { ConnectionEvent, TapEvent } from '../tap-event.ts';
import type { Dialled } from './dial.ts';
import type { HoldBoard, Strike } from './holds.ts';
import { Lane, type Ending, type Fate, type LaneHost } from './lane.ts';

export interface TapConnectionOptions {
  readonly link: string;
  readonly number: number;
  readonly protocol: WireEvent['protocol'];
  /** Paused, with half-open connections allowed. */
  readonly client: Socket;
  readonly server: Dialled;
  readonly conversation: Conversation;
  readonly holds: HoldBoard;
  /** What the link is under does to frames that stand on their way down. */
  readonly fate: () => Fate;
  readonly record: (event: TapEvent) => void;
  /** Both sockets are closed and nothing is held any more. */
  readonly onOver: () => void;
}

/** How long a client's FIN waits for an answer, and a struck connection for bytes that nobody reads. */
const patienceMs = 500;

/** Who ended it first, and how where it was one of its ends. */
type FirstEnding = Pick<ConnectionEvent, 'by' | 'how'>;

export class TapConnection implements LaneHost {
  readonly #options: TapConnectionOptions;
  readonly #lanes: Record<Direction, Lane>;
  #decodable = true;
  #connected = false;
  #socketsOpen = 2;
  #firstEnding: FirstEnding | undefined;
  /** The client's FIN waits for an answer. */
  #farewell: NodeJS.Timeout | undefined;
  readonly #socketsClosed = Promise.withResolvers<void>();
  #over = false;

  constructor(options: TapConnectionOptions) {
    this.#options = options;
    this.#note({ phase: 'opened' });
    this.#lanes = { up: new Lane('up', this), down: new Lane('down', this) };
    this.#attach(options.client, 'up');
    this.#attach(options.server.stream, 'down');
    options.server.onReady(() => {
      this.#connected = true;
      this.resumeSource('up');
    });
  }

  get decodable(): boolean {
    return this.#decodable;
  }

  /** Lets through what a released or cancelled hold no longer keeps. */
  advance(direction: Direction): void {
    this.#lanes[direction].advance();
  }

  /**
   * The proxy is known to have closed its side. Behind a held frame the socket's own end may be out of
   * sight, with unread bytes in front of it.
   */
  serverSideClosed(): void {
    if (!this.#connected) return;
    this.#firstEnding ??= { by: 'lab' };
    this.#lanes.up.sinkEnded('fin');
    if (this.#lanes.down.held) this.#lanes.down.sourceEnded('fin');
  }

  /** Ends it from outside; what has not crossed is lost. */
  destroy(): void {
    this.#firstEnding ??= { by: 'lab' };
    clearTimeout(this.#farewell);
    this.#lanes.up.abandon();
    this.#lanes.down.abandon();
    this.#options.client.destroy();
    this.#options.server.reset();
    this.#end(); // not when the sockets say that they are closed: whoever records may be gone by then
  }

  fate(direction: Direction): Fate {
    return direction === 'down' ? this.#options.fate() : 'cross'; // upwards the carrier is still to come
  }

  /** The link is under something else than before. */
  reconsider(): void {
    this.#lanes.down.reconsider();
  }

  async strike(direction: Direction, how: Strike): Promise<string> {
    const { number, client, server } = this.#options;
    if (how === 'swallow') {
      this.#lanes[direction].swallow();
      this.onFreed(direction);
      return `connection ${number} ${direction}: nothing passes from there on`;
    }
    this.#firstEnding ??= { by: 'lab' };
    const sockets = [client, server.stream];
    for (const lane of [this.#lanes.up, this.#lanes.down])
      lane.cutOff(how === 'cut' ? 'fin' : 'rst');
    if (how === 'cut') for (const socket of sockets) socket.destroySoon();
    const limit = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, patienceMs);
    await this.#socketsClosed.promise;
    clearTimeout(limit);
    return `connection ${number}: both ends closed by ${how === 'cut' ? 'FIN' : 'RST'}`;
  }

  decode(direction: Direction, chunk: Buffer): readonly Unit[] {
    if (!this.#decodable) return [];
    try {
      return this.#options.conversation.read(direction, chunk);
    } catch (error) {
      // The tap stays transparent whatever crosses it, and says that it has gone blind.
      this.#decodable = false;
      const reading = { frame: 'undecodable', detail: String(error), recorded: true };
      this.record(this.event(direction, reading, 'crossed'));
      return [];
    }
  }

  armed(direction: Direction): ReturnType<HoldBoard['armed']> {
    return this.#options.holds.armed(direction);
  }

  event(direction: Direction, known: Reading, passage: WireEvent['passage']): WireEvent {
    const { recorded: _recorded, ...reading } = known;
    const { link, number, protocol } = this.#options;
    return { kind: 'wire', link, connection: number, direction, protocol, passage, ...reading };
  }

  record(event: WireEvent): void {
    this.#options.record(event);
  }

  pauseSource(direction: Direction): void {
    this.#source(direction).pause();
  }

  onFreed(direction: Direction): void {
    this.resumeSource(direction);
    this.#endIfOver();
  }

  resumeSource(direction: Direction): void {
    const waiting = this.#sink(direction).writableNeedDrain || this.#lanes[direction].held;
    if (this.#connected && !waiting) this.#source(direction).resume();
  }

  write(direction: Direction, bytes: Buffer): void {
    const sink = this.#sink(direction);
    if (sink.writable && !sink.write(bytes)) this.pauseSource(direction);
  }

  endSink(direction: Direction, ending: Ending): void {
    if (ending === 'fin') this.#sink(direction).end();
    else if (direction === 'up') this.#options.server.reset();
    else resetSocket(this.#options.client);
  }

  /** @param direction of what is read from the socket. */
  #attach(socket: Socket, direction: Direction): void {
    const opposite = direction === 'up' ? 'down' : 'up';
    const passOn = (ending: Ending): void => {
      clearTimeout(this.#farewell);
      this.#farewell = undefined;
      this.#lanes[direction].sourceEnded(ending);
      this.#lanes[opposite].sinkEnded(ending);
    };
    const ended = (ending: Ending): void => {
      this.#firstEnding ??= { by: direction === 'up' ? 'client' : 'server', how: ending };
      passOn(ending);
    };
    let ending: Ending | undefined;
    socket.on('data', (chunk: Buffer) => {
      if (this.#over) return;
      this.#lanes[direction].take(chunk);
      if (this.#farewell !== undefined && !this.#answerAwaited) this.#passOnClientFin();
    });
    socket.on('drain', () => this.resumeSource(opposite));
    socket.on('end', () => {
      ending ??= 'fin';
      if (direction === 'down' || !this.#answerAwaited) return ended(ending);
      this.#firstEnding ??= { by: 'client', how: 'fin' };
      this.#farewell = setTimeout(() => this.#passOnClientFin(), patienceMs);
    });
    socket.on('error', () => {
      ending = 'rst';
      ended(ending);
    });
    socket.on('close', () => {
      if (ending === undefined) ended('rst');
      this.#socketsOpen -= 1;
      if (this.#socketsOpen === 0) this.#socketsClosed.resolve();
      this.#endIfOver();
    });
  }

  get #answerAwaited(): boolean {
    const { up, down } = this.#lanes;
    return this.#decodable && this.#options.conversation.awaited && !up.held && !down.held;
  }

  #passOnClientFin(): void {
    clearTimeout(this.#farewell);
    this.#farewell = undefined;
    this.#lanes.up.sourceEnded('fin');
    this.#lanes.down.sinkEnded('fin');
  }

  #endIfOver(): void {
    const { up, down } = this.#lanes;
    if (this.#socketsOpen === 0 && !up.held && !down.held) this.#end();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#note({ phase: 'ended', ...this.#firstEnding });
    this.#options.onOver();
  }

  #note(what: Pick<ConnectionEvent, 'phase' | 'by' | 'how'>): void {
    const { link, number, record } = this.#options;
    record({ kind: 'connection', link, connection: number, ...what });
  }

  #source(direction: Direction): Socket {
    return direction === 'up' ? this.#options.client : this.#options.server.stream;
  }

  #sink(direction: Direction): Socket {
    return direction === 'up' ? this.#options.server.stream : this.#options.client;
  }
}
