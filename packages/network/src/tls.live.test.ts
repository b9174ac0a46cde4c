/** TLS from the tap to the server, through the proxy, with the client in plain TCP. */
import type { WireEvent } from '@lab/contract';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import type { ServerTarget } from './endpoint.ts';
import { cut } from './faults/index.ts';
import { openNetwork, type Network } from './network.ts';
import type { ProxyServer } from './proxy.ts';
import { connectClient } from './testing/bench.ts';
import { openProxyServer, targetOf, uniqueName } from './testing/brokers.ts';
import { tlsTerminator, type TlsTerminator } from './testing/tls-terminator.ts';

let ca: string;
let terminator: TlsTerminator;
let target: ServerTarget;
let proxyServer: ProxyServer;
let network: Network;
let events: WireEvent[] = [];

beforeAll(async () => {
  terminator = await tlsTerminator(targetOf(inject('redisUrl')));
  ({ ca, target } = terminator);
  proxyServer = await openProxyServer();
  network = openNetwork({
    proxyServer,
    record: (event) => void (event.kind === 'wire' && events.push(event)),
  });
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await proxyServer[Symbol.asyncDispose]();
  await terminator[Symbol.asyncDispose]();
});

const openLink = (from: string, tls: ServerTarget['tls']) =>
  network.link({
    from,
    to: 'redis',
    protocol: 'redis',
    target: { ...target, ...(tls && { tls }) },
  });

describe('a link to a TLS server', () => {
  it('carries a plain client, sees its frames, holds them, and passes its end on', async () => {
    events = [];
    const link = await openLink('worker-1', { ca, servername: 'server.test' });
    const redis = new Redis({ ...link.listen, retryStrategy: () => null });
    redis.on('error', () => undefined);
    const key = `{${uniqueName()}}:claims`;
    const hold = link.holdAt({ direction: 'up', means: 'claim' });
    const written = redis.hsetnx(key, 'job-1', 'e1');
    await hold.reached;
    hold.release();
    expect(await written).toBe(1);
    await redis.del(key);
    expect(events.map(({ passage, frame }) => `${passage} ${frame}`)).toEqual([
      'held HSETNX',
      'crossed HSETNX',
      'crossed reply HSETNX',
    ]);
    const closed = new Promise((resolve) => void redis.once('close', resolve));
    await cut(link).inject();
    await closed;
  });

  it.each([
    ['an authority that is not trusted', () => ({ servername: 'server.test' })],
    ['another name', () => ({ ca, servername: 'other.test' })],
  ])('resets its client when the server shows %s', async (_, tls) => {
    const link = await openLink(uniqueName(), tls());
    const client = connectClient(link);
    client.send('PING\r\n');
    await client.ended('RST');
    expect(client.received).toBe('');
  });

  it('may be told not to verify', async () => {
    const link = await openLink('worker-2', { rejectUnauthorized: false });
    const client = connectClient(link);
    client.send('PING\r\n');
    await client.got('+PONG');
    expect(client.fate).toBe('kept');
    client.socket.destroy();
  });

  it('needs the tap', async () => {
    const bare = openNetwork({ proxyServer, record: () => undefined, tap: false });
    const spec = { from: 'worker-3', to: 'redis', protocol: 'redis' } as const;
    await expect(bare.link({ ...spec, target: { ...target, tls: { ca } } })).rejects.toThrow(
      'leave the tap on',
    );
  });
});
