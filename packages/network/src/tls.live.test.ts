/** TLS from the tap to the server, through the proxy, with the client in plain TCP. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';

import type { WireEvent } from '@lab/contract';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import type { ServerTarget } from './endpoint.ts';
import { cut } from './faults/index.ts';
import { openNetwork, type Network } from './network.ts';
import type { ProxyServer } from './proxy.ts';
import { connectClient } from './testing/bench.ts';
import { openProxyServer, targetOf, uniqueName } from './testing/brokers.ts';

let folder: string;
let ca: string;
let terminator: Server;
let target: ServerTarget;
let proxyServer: ProxyServer;
let network: Network;
let events: WireEvent[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'network-tls-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
  ];
  const subject = ['-subj', '/CN=redis.test', '-addext', 'subjectAltName=DNS:redis.test'];
  const openssl = 'openssl'; // on every machine that has brokers
  execFileSync(
    openssl,
    [...request, ...subject, '-keyout', keyFile, '-out', certFile, '-days', '1'],
    { stdio: 'pipe' },
  );
  ca = readFileSync(certFile, 'utf8');
  const redis = targetOf(inject('redisUrl'));
  terminator = createServer({ key: readFileSync(keyFile), cert: ca }, (socket) => {
    const upstream = connect({ host: redis.host, port: redis.port });
    socket.pipe(upstream).pipe(socket);
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  terminator.on('tlsClientError', () => undefined); // one test is about a client that refuses
  await new Promise<void>((resolve) => void terminator.listen(0, '127.0.0.1', resolve));
  const address = terminator.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  target = { host: '127.0.0.1', port: address.port };
  proxyServer = await openProxyServer();
  network = openNetwork({
    proxyServer,
    record: (event) => void (event.kind === 'wire' && events.push(event)),
  });
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await proxyServer[Symbol.asyncDispose]();
  terminator.close();
  rmSync(folder, { recursive: true });
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
    const link = await openLink('worker-1', { ca, servername: 'redis.test' });
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
    ['an authority that is not trusted', () => ({ servername: 'redis.test' })],
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
