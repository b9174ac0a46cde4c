/** One proxy of the stand-in: a listener and its connections, with Toxiproxy's manners of closing. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import type { Endpoint } from '../endpoint.ts';
import type { Proxy, Toxic, ToxicStream } from '../proxy.ts';
import { resetSocket } from '../reset-socket.ts';
import { Pipe } from './pipe.ts';

/** Listens on a free port of 127.0.0.1. */
export async function openEmbeddedProxy(
  name: string,
  upstream: Endpoint,
  onRemoved: (proxy: Proxy) => void,
): Promise<Proxy> {
  const toxics: Toxic[] = [];
  const connections = new Set<ProxiedConnection>();
  let server: Server | undefined;

  function accept(client: Socket): void {
    const connection = new ProxiedConnection(client, upstream, toxics, () => {
      connections.delete(connection);
    });
    connections.add(connection);
  }

  async function listen(port: number): Promise<number> {
    const listener = createServer(
      { allowHalfOpen: true, noDelay: true, pauseOnConnect: true },
      accept,
    );
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    server = listener;
    return (listener.address() as AddressInfo).port; // a TCP server that listens has one
  }

  function stop(): void {
    server?.close();
    server = undefined;
    for (const connection of connections) connection.close();
  }

  const port = await listen(0);
  let removed = false;
  let changing = Promise.resolve();

  /** Opening takes a while: what else is wanted meanwhile comes after it. */
  function change(what: () => Promise<void>): Promise<void> {
    const changed = changing.then(what);
    changing = changed.catch(() => undefined);
    return changed;
  }

  const proxy: Proxy = {
    name,
    listen: { host: '127.0.0.1', port },
    upstream,
    async addToxic(toxic) {
      if (toxics.some((other) => other.name === toxic.name)) {
        throw new Error(`proxy ${name} has a toxic ${toxic.name} already`);
      }
      toxics.push(toxic);
      for (const connection of connections) connection.pipe(toxic.stream)?.add(toxic);
    },
    async removeToxic(toxicName) {
      const index = toxics.findIndex((toxic) => toxic.name === toxicName);
      const [toxic] = index < 0 ? [] : toxics.splice(index, 1);
      if (toxic === undefined) return;
      for (const connection of connections) connection.pipe(toxic.stream)?.remove(toxicName);
    },
    setEnabled: (enabled) =>
      change(async () => {
        if (removed) throw new Error(`proxy ${name} was removed`);
        if (!enabled) stop();
        else if (server === undefined) await listen(port);
      }),
    async state() {
      if (removed) throw new Error(`proxy ${name} was removed`);
      return { enabled: server?.listening === true, toxics: [...toxics] };
    },
    remove: () =>
      change(async () => {
        stop();
        removed = true;
        onRemoved(proxy);
      }),
  };
  return proxy;
}

class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  /** A reset_peer was there when it began: every close of it is an RST, whatever happens later. */
  readonly #closesWithReset: boolean;
  #pipes: Readonly<Record<ToxicStream, Pipe>> | undefined;

  constructor(client: Socket, upstream: Endpoint, toxics: readonly Toxic[], onOver: () => void) {
    this.#client = client;
    this.#closesWithReset = toxics.some(({ type }) => type === 'reset_peer');
    this.#server = connect({
      host: upstream.host,
      port: upstream.port,
      noDelay: true,
      allowHalfOpen: true,
    });
    let open = 2;
    for (const socket of [client, this.#server]) {
      socket.on('error', () => undefined); // 'close' follows and ends the pair
      socket.once('close', () => {
        open -= 1;
        if (open > 0) return;
        for (const pipe of Object.values(this.#pipes ?? {})) pipe.discard();
        onOver();
      });
    }
    // An upstream that cannot be reached: the client was accepted, and is closed.
    this.#server.once('close', () => this.#pipes ?? client.destroy());
    client.once('close', () => this.#pipes ?? this.#server.destroy());
    this.#server.once('connect', () => this.#start(toxics));
  }

  pipe(stream: ToxicStream): Pipe | undefined {
    return this.#pipes?.[stream];
  }

  /** Both ends at once; what is under way is dropped. */
  close(): void {
    for (const socket of [this.#client, this.#server]) {
      if (this.#closesWithReset) resetSocket(socket);
      else socket.destroy();
    }
  }

  #start(toxics: readonly Toxic[]): void {
    const of = (stream: ToxicStream): readonly Toxic[] =>
      toxics.filter((toxic) => toxic.stream === stream);
    const finish = (socket: Socket): void => {
      if (this.#closesWithReset) resetSocket(socket);
      else socket.destroySoon();
    };
    const client = this.#client;
    const server = this.#server;
    this.#pipes = {
      upstream: new Pipe(client, server, of('upstream'), () => finish(server)),
      downstream: new Pipe(server, client, of('downstream'), () => finish(client)),
    };
    client.resume();
  }
}
