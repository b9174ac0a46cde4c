/**
 * What a client sees of each fault, over a Toxiproxy server and over the embedded stand-in, with a tap in
 * the link and without. The expectations are ./observations.ts, from which the README's table is made.
 */
import type { Fault } from '@lab/contract';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';

import { embeddedProxyServer } from '../embedded/server.ts';
import { openNetwork, type Link, type Network } from '../network.ts';
import type { ProxyServer } from '../proxy.ts';
import { bareServer, connectClient, connectPair, type BareServer } from '../testing/bench.ts';
import { delayMs, observe, silence } from '../testing/observe.ts';
import { connectToxiproxy } from '../toxiproxy/connect.ts';
import { blackhole, cut, hold, latency, reset, throttle } from './index.ts';
import { expectedObservation, type LinkVerb } from './observations.ts';

const faults: Record<LinkVerb, (link: Link) => Fault> = {
  latency: (link) => latency(link, { latencyMs: delayMs }),
  throttle: (link) => throttle(link, { bytesPerSecond: 10_000 }),
  hold: (link) => hold(link),
  blackhole: (link) => blackhole(link),
  reset: (link) => reset(link),
  cut: (link) => cut(link),
};
const verbs = Object.keys(faults) as LinkVerb[]; // keys of a const record are exactly these

const toxiproxy: readonly [string, () => Promise<ProxyServer>][] = [
  [
    'toxiproxy',
    () =>
      connectToxiproxy({ apiUrl: inject('toxiproxyUrl'), namePrefix: `network-${process.pid}-` }),
  ],
];
const carriers: typeof toxiproxy = [
  ...(inject('toxiproxyUrl') === '' ? [] : toxiproxy), // some machines cannot have one
  ['embedded', () => Promise.resolve(embeddedProxyServer())],
];

describe.each(carriers)('link faults by %s', (kind, open) => {
  describe.each([{ tap: true }, { tap: false }])('with tap: $tap', ({ tap }) => {
    let proxyServer: ProxyServer;
    let network: Network;
    let server: BareServer;

    beforeAll(async () => {
      proxyServer = await open();
      network = openNetwork({ proxyServer, record: () => undefined, tap });
      server = await bareServer();
    });
    afterAll(async () => {
      await network[Symbol.asyncDispose]();
      await proxyServer[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    });

    it('says which kind carries them', () => {
      expect(proxyServer.kind).toBe(kind);
    });

    it.concurrent.each(verbs)('%s: a client sees what the table says', async (verb) => {
      const link = await openLink(`table-${verb}`);
      expect(await observe(link, server, faults[verb](link))).toEqual(
        expectedObservation(verb, { tap }),
      );
    });

    it.concurrent.each(verbs)('%s: heals twice, and tells whether it is healed', async (verb) => {
      const link = await openLink(`heal-${verb}`);
      const fault = faults[verb](link);
      expect(await fault.isHealed()).toBe(true);
      expect(await fault.inject()).not.toBe('');
      expect(await fault.isHealed()).toBe(false);
      await fault.heal();
      await fault.heal();
      expect(await fault.isHealed()).toBe(true);
      const { client, server: peer } = await connectPair(link, server);
      client.send('PING\r\n');
      await peer.got('PING');
    });

    it.concurrent('a fault in one direction leaves the other alone', async () => {
      const link = await openLink('one-way');
      const { client, server: peer } = await connectPair(link, server);
      const fault = hold(link, { direction: 'down' });
      await fault.inject();
      peer.send('+held\r\n');
      client.send('PING\r\n');
      await peer.got('PING');
      await silence();
      expect(client.received).toBe('');
      await fault.heal();
      await client.got('+held');
    });

    it.concurrent('two faults on a link heal one by one', async () => {
      const link = await openLink('two');
      const [first, second] = [hold(link), latency(link, { latencyMs: 1 })];
      await first.inject();
      await second.inject();
      await first.heal();
      expect([await first.isHealed(), await second.isHealed()]).toEqual([true, false]);
      await connectPair(link, server);
      await second.heal();
      expect(await second.isHealed()).toBe(true);
    });

    it.concurrent('removing latency lets waiting bytes go at once', async () => {
      const link = await openLink('flush');
      const { client, server: peer } = await connectPair(link, server);
      const fault = latency(link, { latencyMs: 60_000 });
      await fault.inject();
      client.send('PING\r\n');
      await silence();
      expect(peer.received).not.toContain('PING');
      await fault.heal();
      await peer.got('PING');
    });

    it.concurrent('a held FIN waits behind held bytes, and passes an empty link', async () => {
      const link = await openLink('fin');
      const [speaking, silent] = [await connectPair(link, server), await connectPair(link, server)];
      const fault = hold(link);
      await fault.inject();
      speaking.client.socket.end('PING\r\n');
      silent.client.socket.end();
      await silent.server.ended('FIN');
      await silence();
      expect(speaking.server.fate).toBe('kept');
      await fault.heal();
      await speaking.server.ended('FIN');
      expect(speaking.server.received).toContain('PING');
    });

    it.concurrent('a hold heals after the server reset a connection with bytes waiting', async () => {
      const link = await openLink('reset-under-hold');
      const [dead, alive] = [await connectPair(link, server), await connectPair(link, server)];
      const fault = hold(link);
      await fault.inject();
      for (const text of ['ONE\r\n', 'TWO\r\n', 'THREE\r\n']) {
        dead.client.send(text);
        await silence(); // each is a chunk of its own
      }
      dead.server.socket.resetAndDestroy();
      alive.client.send('PING\r\n');
      await silence();
      await fault.heal();
      expect(await fault.isHealed()).toBe(true);
      await alive.server.got('PING');
    });

    it.concurrent('a throttle lets through no more than it says', async () => {
      const link = await openLink('rate');
      const { client, server: peer } = await connectPair(link, server);
      await throttle(link, { bytesPerSecond: 10_000_000 }).inject();
      const much = Buffer.alloc(10_000_000, `PING ${'x'.repeat(1000)}\r\n`);
      const sinceMs = performance.now();
      client.socket.write(much);
      await vi.waitFor(() => expect(peer.socket.bytesRead).toBeGreaterThan(much.length), 10_000);
      const tookMs = performance.now() - sinceMs;
      expect(tookMs).toBeGreaterThan(900); // on an idle machine hardly more; a busy one may add what it likes
    });

    it.concurrent('is opened once, however many want it at a time', async () => {
      const link = await openLink('opened');
      const fault = cut(link);
      await fault.inject();
      await Promise.all([fault.heal(), fault.heal(), fault.heal()]);
      expect(await fault.isHealed()).toBe(true);
      await connectPair(link, server);
    });

    it.concurrent('does not come back when a cut of it is healed after it was removed', async () => {
      const link = await openLink('removed');
      const fault = cut(link);
      await fault.inject();
      await link[Symbol.asyncDispose]();
      await expect(fault.heal()).rejects.toThrow(/removed|no such proxy/);
      const late = connectClient({ listen: link.proxy.listen });
      await late.ended('RST');
      expect(late.opened).toBe(false);
    });

    it.concurrent('a hold makes the sender feel back-pressure', async () => {
      const link = await openLink('pressure');
      const { client, server: peer } = await connectPair(link, server);
      const fault = hold(link);
      await fault.inject();
      const much = Buffer.alloc(16 * 1024 * 1024, `PING ${'x'.repeat(1000)}\r\n`);
      client.socket.write(much);
      await silence();
      expect(client.socket.writableLength).toBeGreaterThan(0);
      await fault.heal();
      await vi.waitFor(() => expect(peer.socket.bytesRead).toBeGreaterThan(much.length), 10_000);
    });

    async function openLink(from: string): Promise<Link> {
      return network.link({ from, to: 'server', protocol: 'redis', target: server });
    }
  });
});
