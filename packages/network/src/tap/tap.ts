/**
 * The tap: a transparent TCP proxy of one link that sees protocol frames pass and can hold them.
 * `client -> tap -> proxy -> server`.
 */
import { createServer, type AddressInfo } from 'node:net';

import type { WireEvent } from '@lab/contract';

import type { Conversation } from '../conversation.ts';
import type { Endpoint, ServerTarget } from '../endpoint.ts';
import type { TapEvent } from '../tap-event.ts';
import { TapConnection } from './connection.ts';
import { dial } from './dial.ts';
import { holdBoard, type FramePoint, type Hold } from './holds.ts';
import type { Fate } from './lane.ts';

export interface TapOptions {
  readonly link: string;
  readonly protocol: WireEvent['protocol'];
  /** Where to dial: the link's proxy. */
  readonly proxy: Endpoint;
  /** What is behind the proxy. */
  readonly target: ServerTarget;
  readonly conversation: () => Conversation;
  readonly record: (event: TapEvent) => void;
}

export interface Tap extends AsyncDisposable {
  readonly listen: Endpoint;
  /** Connections now open, and accepted since the beginning. */
  readonly connections: { readonly open: number; readonly accepted: number };
  holdAt(point: FramePoint): Hold;
  /** Whoever closed the proxy's side of every connection says so; see `cut`. */
  serverSideClosed(): void;
  /** See {@link Link.impose}. */
  impose(fate: ImposedFate): () => void;
}

/** What a fault of the link does to a frame that stands on its way down, once it may go. */
export type ImposedFate = Exclude<Fate, 'cross' | 'reset'>;

/** What is under several faults ends rather than falls, and falls rather than waits. */
const fates: readonly ImposedFate[] = ['cut', 'swallow', 'keep'];

/** Listens on a free port of 127.0.0.1. Disposing ends every connection and frees what is held. */
export async function openTap(options: TapOptions): Promise<Tap> {
  const connections = new Set<TapConnection>();
  let accepted = 0;
  let imposed: readonly { readonly fate: ImposedFate }[] = [];
  const holds = holdBoard(options.link, (direction) => {
    for (const connection of connections) connection.advance(direction);
  });

  const server = createServer(
    { allowHalfOpen: true, noDelay: true, pauseOnConnect: true },
    (client) => {
      accepted += 1;
      const connection = new TapConnection({
        link: options.link,
        number: accepted,
        protocol: options.protocol,
        client,
        server: dial(options.proxy, options.target),
        conversation: options.conversation(),
        holds,
        fate: () => fates.find((fate) => imposed.some((one) => one.fate === fate)) ?? 'cross',
        record: options.record,
        onOver: () => void connections.delete(connection),
      });
      connections.add(connection);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one

  return {
    listen: { host: '127.0.0.1', port },
    get connections() {
      return { open: connections.size, accepted };
    },
    holdAt: (point) => holds.arm(point),
    impose(fate) {
      const one = { fate };
      imposed = [...imposed, one];
      return () => {
        imposed = imposed.filter((other) => other !== one);
        for (const connection of connections) connection.reconsider();
      };
    },
    serverSideClosed() {
      for (const connection of connections) connection.serverSideClosed();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.destroy();
      holds.close();
      await closed;
    },
  };
}
