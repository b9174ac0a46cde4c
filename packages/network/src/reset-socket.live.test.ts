/** On real sockets: a RST is sent in every state of a connection, and its handle is given back. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { resetSocket } from './reset-socket.ts';

async function pair(): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const accepted = once(server, 'connection') as Promise<[Socket]>; // what a server's connection event carries
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  const ours = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const [[theirs]] = await Promise.all([accepted, once(ours, 'connect')]);
  theirs.on('error', () => undefined); // ECONNRESET, looked at where it matters
  onTestFinished(() => void theirs.destroy());
  return { ours, theirs };
}

it.each<[string, (ours: Socket) => void]>([
  ['open', () => undefined],
  ['whose FIN is just leaving', (ours) => void ours.end('x')],
  ['with more written than fits the wire', (ours) => void ours.end(Buffer.alloc(30_000_000))],
])('resets a connection %s', async (_state, prepare) => {
  const { ours } = await pair();
  const errors: Error[] = [];
  ours.on('error', (error) => errors.push(error));
  const closed = once(ours, 'close');
  prepare(ours);
  resetSocket(ours);
  resetSocket(ours);
  await closed;
  expect(errors).toEqual([]);
});

it('the other end sees a reset', async () => {
  const { ours, theirs } = await pair();
  const failed = once(theirs, 'error') as Promise<[NodeJS.ErrnoException]>; // socket errors are errno errors
  theirs.resume();
  resetSocket(ours);
  expect((await failed)[0].code).toBe('ECONNRESET');
});
