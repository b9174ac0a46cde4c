/** Peers that speak just enough of a protocol to be asked for their version. */
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';

export interface FakeServer extends AsyncDisposable {
  readonly port: number;
}

/** A management API that answers each of the given paths below `/api`, and 404 to others. */
export function fakeManagement(replies: Readonly<Record<string, unknown>>): Promise<FakeServer> {
  return listen(
    createHttpServer((request, response) => {
      const reply = replies[(request.url ?? '').replace('/api', '')];
      response.writeHead(reply === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(reply === undefined ? '<html>not here</html>' : JSON.stringify(reply));
    }),
  );
}

/** A Redis that answers `+OK` to everything and INFO with the given text. */
export function fakeRedis(info: string): Promise<FakeServer> {
  return listen(
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        // Commands come one array each; the lab asks one at a time, ioredis may join several.
        for (const command of bytes.toString('utf8').split(/(?=\*\d+\r\n)/)) {
          const isInfo = /\r\ninfo\r\n/i.test(command);
          socket.write(isInfo ? `$${Buffer.byteLength(info)}\r\n${info}\r\n` : '+OK\r\n');
        }
      });
    }),
  );
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = await listen(createServer());
  await server[Symbol.asyncDispose]();
  return server.port;
}

async function listen(server: Server): Promise<FakeServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function') {
          server.closeAllConnections();
        }
      }),
  };
}
