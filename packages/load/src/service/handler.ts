import type { Journal } from '@lab/contract';
/** What a server does with the requests it is handed. Two of them: the last hop works, the others call on. */
import type { LoadEnvironment, ReplyMessage, RequestMessage } from '@lab/workload';
import type { Logger } from 'pino';

import type { WindowCounts } from '../window-counts.ts';

/** A request in the server's hands, to be settled once. */
export interface InHand extends RequestMessage {
  /** Sends the answer and takes the request from the queue; nothing happens where its channel is gone. */
  answer(reply: ReplyMessage): void;
  /** Takes it from the queue without an answer. */
  drop(): void;
}

export interface Handler {
  /** Requests it holds at most: the consumer's prefetch. */
  readonly prefetch: number;
  handle(request: InHand, nowMs: number): void;
  /** The connection was lost: what has not begun will be delivered again. */
  lost(): void;
  close(): Promise<void>;
}

export interface HandlerOptions {
  readonly environment: LoadEnvironment;
  readonly journal: Journal;
  readonly log: Logger;
  readonly counts: WindowCounts;
  /** Told of each request whose work begins. */
  readonly onTakenUp: (request: RequestMessage, nowMs: number) => void;
}
