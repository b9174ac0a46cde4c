/** Toxiproxy itself: who owns which proxy, ports, and errors that help. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, inject, it } from 'vitest';

import { uniqueName } from '../testing/brokers.ts';
import { toxiproxyApi } from './api.ts';
import { connectToxiproxy, removeToxiproxyLeftovers } from './connect.ts';

const upstream = { host: '127.0.0.1', port: 9 };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** An HTTP server that answers everything alike, or nothing. */
async function fakeApi(answer: { status: number; body: string } | undefined): Promise<string> {
  const server = createServer((_request, response) => {
    if (answer !== undefined) response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server that listens has one
}

const apiUrl = inject('toxiproxyUrl'); // empty on machines that cannot have one

// Not skipped but absent where no server can be had, as in the conformance suite.
describe.each(apiUrl === '' ? [] : ['a Toxiproxy server'])('%s', () => {
  it('loses the proxies made on it when disposed, and no others', async () => {
    const [mine, others] = [`${uniqueName()}/a-`, `${uniqueName()}/b-`];
    await using foreign = await connectToxiproxy({ apiUrl, namePrefix: others });
    const kept = await foreign.create('worker-1>redis', upstream);
    const server = await connectToxiproxy({ apiUrl, namePrefix: mine });
    const proxy = await server.create('worker-1>redis', upstream);
    expect(await proxy.state()).toEqual({ enabled: true, toxics: [] });
    await server[Symbol.asyncDispose]();
    await expect(proxy.state()).rejects.toThrow('there is no such proxy');
    expect((await kept.state()).enabled).toBe(true);
  });

  it('is cleared of what a killed run left, by the prefix of its names', async () => {
    const namePrefix = `${uniqueName()}/`;
    const killed = await connectToxiproxy({ apiUrl, namePrefix });
    await killed.create('worker-1>redis', upstream);
    await killed.create('worker-1>rabbitmq', upstream);
    const removed = await removeToxiproxyLeftovers({ apiUrl, namePrefix });
    expect(removed).toHaveLength(2);
    expect(await removeToxiproxyLeftovers({ apiUrl, namePrefix })).toEqual([]);
  });

  it('hands out published ports once each, beside those others took', async () => {
    const free = await connectToxiproxy({ apiUrl, namePrefix: uniqueName() });
    const [first, second] = [await free.create('a', upstream), await free.create('b', upstream)];
    const occupied = { container: first.listen.port, host: 1 };
    const published = { container: second.listen.port, host: 40_000, hostName: 'docker.test' };
    await second.remove();
    const options = { apiUrl, namePrefix: uniqueName(), listenHost: '127.0.0.1' };
    await using server = await connectToxiproxy({ ...options, ports: [occupied, published] });
    const proxy = await server.create('c', upstream);
    expect(proxy.listen).toEqual({ host: 'docker.test', port: 40_000 });
    await expect(server.create('d', upstream)).rejects.toThrow('No proxy port is left');
    await proxy.remove();
    await server.create('d', upstream);
    await free[Symbol.asyncDispose]();
  });

  it('tells names apart that only differ in what a path cannot hold', async () => {
    await using server = await connectToxiproxy({ apiUrl, namePrefix: uniqueName() });
    const names = ['a b', 'a_b', 'a/b', 'a~0020b', 'a\u00e9b'];
    const proxies = await Promise.all(names.map((name) => server.create(name, upstream)));
    expect(new Set(proxies.map(({ name }) => name)).size).toBe(names.length);
    await proxies[0]?.setEnabled(false);
    const states = await Promise.all(proxies.map((proxy) => proxy.state()));
    expect(states.map(({ enabled }) => enabled)).toEqual([false, true, true, true, true]);
  });

  it('says which toxic it refused', async () => {
    await using server = await connectToxiproxy({ apiUrl, namePrefix: uniqueName() });
    const proxy = await server.create('a', upstream);
    const toxic = {
      name: 't',
      stream: 'upstream',
      type: 'bandwidth',
      attributes: { rate: 0 },
    } as const;
    await proxy.addToxic(toxic);
    await expect(proxy.addToxic(toxic)).rejects.toThrow(
      /did not add bandwidth t to .* status code 409/,
    );
    await proxy.removeToxic('t');
    await proxy.removeToxic('t');
  });
});

describe('no Toxiproxy server', () => {
  it('is told by its address and what to do, when nobody listens', async () => {
    const connecting = connectToxiproxy({ apiUrl: 'http://127.0.0.1:1', namePrefix: '' });
    await expect(connecting).rejects.toThrow(
      /Toxiproxy at http:\/\/127.0.0.1:1 did not tell its version: .* `fm doctor` tells/,
    );
  });

  it('is told when another program answers', async () => {
    const url = await fakeApi({ status: 200, body: '<html>' });
    await expect(connectToxiproxy({ apiUrl: url, namePrefix: '' })).rejects.toThrow(
      'it answered <html>',
    );
  });

  it('is told when the address is that of another service', async () => {
    const url = await fakeApi({ status: 404, body: 'no such page' });
    await expect(connectToxiproxy({ apiUrl: url, namePrefix: '' })).rejects.toThrow(
      'did not tell its version',
    );
  });

  it('is told when it is too old', async () => {
    const url = await fakeApi({ status: 200, body: '{"version": "2.4.0"}' });
    await expect(connectToxiproxy({ apiUrl: url, namePrefix: '' })).rejects.toThrow(
      'version 2.4.0 is older than 2.5',
    );
  });

  it('is told when it does not answer in time', async () => {
    const url = await fakeApi(undefined);
    const call = toxiproxyApi(url, { deadlineMs: 50 });
    await expect(call.version()).rejects.toThrow('no answer in 50 ms');
    const never = new Promise<never>(() => undefined);
    await expect(call.change('add x', () => never)).rejects.toThrow(
      'did not add x: no answer in 50 ms',
    );
  });
});
