/**
 * Two faults on one link, one after the other: the embedded stand-in does with them what Toxiproxy does, in every order.
 * Where no Toxiproxy can be had there is nothing to compare with.
 */
import type { Fault } from '@lab/contract';
import { expect, inject, it } from 'vitest';

import { embeddedProxyServer } from '../embedded/server.ts';
import { openNetwork, type Link } from '../network.ts';
import type { ProxyServer } from '../proxy.ts';
import { bareServer } from '../testing/bench.ts';
import { uniqueName } from '../testing/brokers.ts';
import { delayMs, observePair } from '../testing/observe.ts';
import { connectToxiproxy } from '../toxiproxy/connect.ts';
import { blackhole, cut, hold, latency, reset, throttle } from './index.ts';
import type { LinkVerb } from './observations.ts';

const faults: Record<LinkVerb, (link: Link) => Fault> = {
  latency: (link) => latency(link, { latencyMs: delayMs }),
  throttle: (link) => throttle(link, { bytesPerSecond: 10_000 }),
  hold: (link) => hold(link),
  blackhole: (link) => blackhole(link),
  reset: (link) => reset(link),
  cut: (link) => cut(link),
};
const verbs = Object.keys(faults) as LinkVerb[]; // keys of a const record are exactly these
const pairs = verbs.flatMap((first) => verbs.map((second) => [first, second] as const));

const apiUrl = inject('toxiproxyUrl');

it.concurrent.each(apiUrl === '' ? [] : pairs)('%s, then %s', async (first, second) => {
  const namePrefix = `${uniqueName()}-`;
  const [expected, seen] = await Promise.all([
    observed(await connectToxiproxy({ apiUrl, namePrefix }), first, second),
    observed(embeddedProxyServer(), first, second),
  ]);
  expect(seen).toEqual(expected);
});

async function observed(
  carrier: ProxyServer,
  first: LinkVerb,
  second: LinkVerb,
): Promise<readonly string[]> {
  await using proxyServer = carrier;
  await using server = await bareServer();
  await using network = openNetwork({ proxyServer, record: () => undefined, tap: false });
  const spec = { from: 'pair', to: 'server', protocol: 'redis', target: server } as const;
  const link = await network.link(spec);
  return await observePair(link, server, [faults[first](link), faults[second](link)]);
}
