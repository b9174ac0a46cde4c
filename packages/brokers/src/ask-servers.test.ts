import { createServer, type Socket } from 'node:net';

import { expect, test } from 'vitest';

import { askServers, type ServerName } from './ask-servers.ts';
import type { Brokers } from './brokers.ts';
import { closedPort, fakeRedis } from './testing/fake-servers.ts';

/** Brokers all at one port; only where they are is looked at. */
function brokersAt(port: number): Pick<Brokers, ServerName> {
  const at = { direct: { host: '127.0.0.1', port } };
  const toxiproxy = { apiUrl: `http://127.0.0.1:${port}` };
  return { rabbitmq: at, redis: at, toxiproxy } as Pick<Brokers, ServerName>;
}

const all = ['rabbitmq', 'redis', 'toxiproxy'] as const;

test('a server that says anything at all answers', async () => {
  await using server = await fakeRedis('');
  expect(await askServers(brokersAt(server.port), all)).toEqual(
    all.map((name) => ({ server: name, phase: 'answers' })),
  );
});

test('one at whose port nobody listens is gone, and so is one that stays silent or hangs up', async () => {
  const gone = (detail: string) => all.map((server) => ({ server, phase: 'gone', detail }));
  expect(await askServers(brokersAt(await closedPort()), all)).toEqual(gone('ECONNREFUSED'));

  await using silent = await listening(() => undefined);
  expect(await askServers(brokersAt(silent.port), all, 50)).toEqual(gone('no answer within 50 ms'));
  await using rude = await listening((socket) => socket.end());
  expect(await askServers(brokersAt(rude.port), all)).toEqual(
    gone('it closed the connection without an answer'),
  );
});

test('a Toxiproxy in whose place the stand-in works is not asked', async () => {
  const brokers = { ...brokersAt(await closedPort()), toxiproxy: null };
  expect(await askServers(brokers, ['toxiproxy'])).toEqual([]);
});

async function listening(
  onConnection: (socket: Socket) => void,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.resume();
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
