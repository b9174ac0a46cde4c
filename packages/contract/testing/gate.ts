/**
 * A gate on the way to a server: a plain TCP forwarder with a snare. When a chunk towards the server is caught in
 * it, everything stops: with `command` before the chunk has passed, with `reply` after it has, so that
 * only the answers are kept. `open` lets everything go on, `cut` ends the connections and what was kept is lost.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

type Keep = 'command' | 'reply';

export class Gate implements AsyncDisposable {
  /** True from the moment the snare has caught something until `open` or `cut`. */
  closed = false;
  /** True once the server has answered while the gate was closed; the answer is kept. */
  answered = false;
  #snare: { readonly text: string; readonly keep: Keep; left: number } | undefined;
  #port = 0;
  #kept: (() => void)[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#forward(client));
  readonly #upstream: URL;

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream);
  }

  static async open(upstream: string): Promise<Gate> {
    const gate = new Gate(upstream);
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  /** The upstream's URL, with this gate's address. */
  get url(): string {
    const url = new URL(this.#upstream);
    url.host = `127.0.0.1:${this.#address.port}`;
    return url.href;
  }

  /** Catches the next chunk towards the server that contains the text, or the nth such chunk from now. */
  snare(text: string, keep: Keep, nth = 1): void {
    this.#snare = { text, keep, left: nth };
  }

  /** Lets go what was kept, in order, and all that follows. */
  open(): void {
    this.closed = false;
    this.#snare = undefined;
    for (const pass of this.#kept.splice(0)) pass();
  }

  /** Keeps whatever comes from now on, without waiting for a snare. */
  shut(): void {
    this.closed = true;
  }

  /** Refuses connections: cuts those there are and stops listening. */
  refuse(): void {
    this.#port = this.#address.port;
    this.#server.close();
    this.cut();
  }

  /** Listens again, on the same port. */
  accept(): void {
    this.#server.listen(this.#port, '127.0.0.1');
  }

  cut(): void {
    this.closed = false;
    this.#snare = undefined;
    this.#kept = [];
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
  }

  get #address(): AddressInfo {
    return this.#server.address() as AddressInfo; // a TCP server that listens has one
  }

  #forward(client: Socket): void {
    const server = connect(Number(this.#upstream.port), this.#upstream.hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from.setNoDelay(true));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
    client.on('data', (chunk) => {
      const caught = !this.closed && this.#catches(chunk);
      if (caught) this.closed = true;
      if (caught && this.#snare?.keep === 'reply') server.write(chunk);
      else this.#pass(server, chunk);
    });
    server.on('data', (chunk) => {
      this.answered ||= this.closed;
      this.#pass(client, chunk);
    });
  }

  #catches(chunk: Buffer): boolean {
    const snare = this.#snare;
    if (snare === undefined || !chunk.includes(snare.text)) return false;
    snare.left--;
    return snare.left === 0;
  }

  #pass(to: Socket, chunk: Buffer): void {
    if (this.closed) this.#kept.push(() => to.write(chunk));
    else to.write(chunk);
  }
}
