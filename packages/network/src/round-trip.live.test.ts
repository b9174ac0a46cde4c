/**
 * What the lab's own round trip sees of each fault, over both carriers, on real servers, in plain and under TLS, and that it
 * leaves every fault to be healed.
 */
import type { Fault, WireEvent } from '@lab/contract';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';

import { embeddedProxyServer } from './embedded/server.ts';
import type { ServerTarget } from './endpoint.ts';
import { blackhole, cut, hold, latency, reset, throttle } from './faults/index.ts';
import { openNetwork, type Link, type Network } from './network.ts';
import type { ProxyServer } from './proxy.ts';
import type { RoundTrip } from './round-trip.ts';
import { bareServer, type End } from './testing/bench.ts';
import { openProxyServer, targetOf } from './testing/brokers.ts';
import { silence } from './testing/observe.ts';
import { tlsTerminator, type TlsTerminator } from './testing/tls-terminator.ts';

const silentMs = 300;
const patienceMs = 5000;

const toxiproxy: readonly [string, () => Promise<ProxyServer>][] = [['toxiproxy', openProxyServer]];
const carriers: typeof toxiproxy = [
  ...(inject('toxiproxyUrl') === '' ? [] : toxiproxy), // some machines cannot have one
  ['embedded', () => Promise.resolve(embeddedProxyServer())],
];

const brokerUrls = { redis: inject('redisUrl'), amqp: inject('rabbitmqUrl') } as const;

/** Faults under which nothing comes back, with what the round trip sees. */
const silencing: readonly [string, (link: Link) => Fault, RoundTrip['outcome']][] = [
  ['cut', cut, 'refused'],
  ['reset', reset, 'ended'],
  ['hold', hold, 'silent'],
  ['hold up', (link) => hold(link, { direction: 'up' }), 'silent'],
  ['hold down', (link) => hold(link, { direction: 'down' }), 'silent'],
  ['blackhole', blackhole, 'silent'],
  ['blackhole up', (link) => blackhole(link, { direction: 'up' }), 'silent'],
  ['blackhole down', (link) => blackhole(link, { direction: 'down' }), 'silent'],
];

/** Faults that slow, with the least that an answer takes under them. */
const slowing: readonly [string, (link: Link) => Fault, number][] = [
  ['latency', (link) => latency(link, { latencyMs: 100 }), 190],
  ['latency up', (link) => latency(link, { latencyMs: 100, direction: 'up' }), 95],
  ['latency down', (link) => latency(link, { latencyMs: 100, direction: 'down' }), 95],
  ['throttle', (link) => throttle(link, { bytesPerSecond: 5000 }), 45],
];

/** What a server may do under a hold, in ways that a carrier has found hard. */
const meanwhile: readonly [string, (end: End) => void | Promise<void>][] = [
  ['ended its connections', (end) => void end.socket.end()],
  ['reset its connections', (end) => void end.socket.resetAndDestroy()],
  ['answered in many pieces', answerInPieces],
  [
    'answered in many pieces and ended its connections',
    async (end) => {
      await answerInPieces(end);
      end.socket.end();
    },
  ],
];

describe.each(carriers)('a round trip by %s', (_, open) => {
  let proxyServer: ProxyServer;
  let network: Network;
  beforeAll(async () => {
    proxyServer = await open();
    network = openNetwork({ proxyServer, record: () => undefined });
  });
  afterAll(async () => {
    await network[Symbol.asyncDispose]();
    await proxyServer[Symbol.asyncDispose]();
  });

  let links = 0;
  function openLink(protocol: WireEvent['protocol'], target: ServerTarget): Promise<Link> {
    links += 1;
    return network.link({ from: `prober-${links}`, to: 'server', protocol, target });
  }

  describe.each([
    ['redis', 'in plain'],
    ['amqp', 'in plain'],
    ['redis', 'under TLS'],
    ['amqp', 'under TLS'],
  ] as const)('to %s %s', (protocol, how) => {
    let target = targetOf(brokerUrls[protocol]);
    let terminator: TlsTerminator | undefined;
    beforeAll(async () => {
      if (how === 'in plain') return;
      terminator = await tlsTerminator(target);
      target = { ...terminator.target, tls: { ca: terminator.ca, servername: 'server.test' } };
    });
    afterAll(() => terminator?.[Symbol.asyncDispose]());

    it('is answered where nothing is wrong, and is not in the record', async () => {
      const link = await openLink(protocol, target);
      expect(await link.roundTrip(patienceMs)).toMatchObject({ outcome: 'answered' });
      expect(link.connections).toEqual({ open: 0, accepted: 0 });
    });

    it.concurrent.each(silencing)(
      'under %s does not come back, and does when it is healed',
      async (...row) => {
        const [, faultOn, outcome] = row;
        const link = await openLink(protocol, target);
        const fault = faultOn(link);
        await fault.inject();
        const seen = await link.roundTrip(silentMs);
        expect(seen.outcome).toBe(outcome);
        expect(seen.tookMs > silentMs - 2).toBe(outcome === 'silent');
        await expectHealed(link, fault);
      },
    );

    it.concurrent.each(slowing)('under %s is answered late', async (...row) => {
      const [, faultOn, leastMs] = row;
      const link = await openLink(protocol, target);
      const fault = faultOn(link);
      await fault.inject();
      const { outcome, tookMs } = await link.roundTrip(patienceMs);
      expect(outcome).toBe('answered');
      expect(tookMs).toBeGreaterThanOrEqual(leastMs);
      await expectHealed(link, fault);
    });
  });

  describe('leaves a hold to be healed', () => {
    it.concurrent.each(['both', 'up', 'down'] as const)(
      'when it was tried again and again (%s)',
      async (direction) => {
        for (const protocol of ['redis', 'amqp'] as const) {
          const link = await openLink(protocol, targetOf(brokerUrls[protocol]));
          const fault = hold(link, { direction });
          await fault.inject();
          const tries = Array.from({ length: 5 }, () => link.roundTrip(silentMs));
          for (const { outcome } of await Promise.all(tries)) expect(outcome).toBe('silent');
          await expectHealed(link, fault);
        }
      },
    );

    it.concurrent.each(
      meanwhile.flatMap(([said, act]) =>
        (['both', 'up', 'down'] as const).map((direction) => [said, direction, act] as const),
      ),
    )('when the server has meanwhile %s (%s)', async (...row) => {
      const [, direction, act] = row;
      await using server = await bareServer();
      const link = await openLink('redis', server);
      const fault = hold(link, { direction });
      await fault.inject();
      const tries = [link.roundTrip(silentMs), link.roundTrip(silentMs)];
      for (const { outcome } of await Promise.all(tries)) expect(outcome).toBe('silent');
      await vi.waitFor(() => expect(server.accepted).toHaveLength(2));
      for (const end of server.accepted) await act(end);
      await silence();
      await expectHealed(link, fault, 'without asking the server');
    });
  });

  it('ends what is still open when its link is closed', async () => {
    await using server = await bareServer();
    const link = await openLink('redis', server);
    expect(await link.roundTrip(1)).toMatchObject({ outcome: 'silent' });
    await vi.waitFor(() => expect(server.accepted).toHaveLength(1));
    expect(server.accepted[0]?.fate).toBe('kept');
    await link[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(server.accepted[0]?.fate).not.toBe('kept'));
  });
});

/** Healing is not kept up by the round trip's connection, and after it the server answers. */
async function expectHealed(link: Link, fault: Fault, server = 'asking the server'): Promise<void> {
  const sinceMs = performance.now();
  await fault.heal();
  expect(performance.now() - sinceMs).toBeLessThan(2000);
  expect(await fault.isHealed()).toBe(true);
  if (server !== 'asking the server') return;
  expect(await link.roundTrip(patienceMs)).toMatchObject({ outcome: 'answered' });
}

/** Each in a packet of its own, or Toxiproxy would read them as one chunk. */
async function answerInPieces(end: End): Promise<void> {
  for (let piece = 0; piece < 5; piece += 1) {
    end.send(`+piece ${piece}\r\n`);
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}
