/** A bare server behind a link, and raw clients in front of it: what each end of a connection sees. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { vi } from 'vitest';

import type { Endpoint } from '../endpoint.ts';

/** How an end saw its connection end. */
export type Fate = 'kept' | 'FIN' | 'RST';

/** One end of a connection. */
export class End {
  readonly socket: Socket;
  received = '';
  fate: Fate = 'kept';
  /** The connection was established. */
  opened = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.once('connect', () => {
      this.opened = true;
    });
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
    });
    socket.on('end', () => {
      if (this.fate === 'kept') this.fate = 'FIN';
    });
    socket.on('error', () => {
      this.fate = 'RST';
    });
  }

  send(text: string): void {
    if (this.socket.writable) this.socket.write(text);
  }

  /** Waits until it has received the text. */
  async got(text: string): Promise<void> {
    await vi.waitFor(
      () => {
        if (!this.received.includes(text)) {
          throw new Error(`${JSON.stringify(text)} did not arrive; connection ${this.fate}`);
        }
      },
      { timeout: 5000, interval: 5 },
    );
  }

  async ended(fate: Fate): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.fate !== fate) throw new Error(`expected ${fate}, saw ${this.fate}`);
      },
      { timeout: 5000, interval: 5 },
    );
  }
}

export interface Pair {
  readonly client: End;
  readonly server: End;
}

/** A server that only listens. */
export interface BareServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly accepted: readonly End[];
}

export async function bareServer(): Promise<BareServer> {
  const accepted: End[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    accepted.push(new End(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    host: '127.0.0.1',
    port,
    accepted,
    async [Symbol.asyncDispose]() {
      for (const { socket } of accepted) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A link, or a tap alone. */
export interface Dialable {
  readonly listen: Endpoint;
}

let greetings = 0;

/** Connects through the link and finds the server's end by a greeting of its own. */
export async function connectPair(link: Dialable, server: BareServer): Promise<Pair> {
  const client = connectClient(link);
  greetings += 1;
  const greeting = `HELLO ${greetings}\r\n`;
  client.send(greeting);
  const end = await vi.waitFor(
    () => {
      const found = server.accepted.find(({ received }) => received.startsWith(greeting));
      if (found === undefined) throw new Error('the server was not reached');
      return found;
    },
    { timeout: 5000, interval: 5 },
  );
  return { client, server: end };
}

/** Dials the link; the end's fate tells what came of it. */
export function connectClient(link: Dialable): End {
  return new End(connect({ ...link.listen, noDelay: true, allowHalfOpen: true }));
}
