/** Losing frames that are held: in the tap, and by faults of the link that the frame is past already. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { blackhole, hold as holdLink, latency, reset, strike } from '../faults/index.ts';
import {
  bareServer,
  connectPair,
  type BareServer,
  type Fate,
  type Pair,
} from '../testing/bench.ts';
import { silence } from '../testing/observe.ts';
import { effect, tapped } from '../testing/tapped.ts';
import type { Hold, Strike } from './holds.ts';

let server: BareServer;
beforeAll(async () => {
  server = await bareServer();
});
afterAll(() => server[Symbol.asyncDispose]());

type Stage = Awaited<ReturnType<typeof tapped>>;

/** An effect on its way up, or its answer on its way down, stands at the gate with something behind it. */
async function held(stage: Stage, direction: 'up' | 'down'): Promise<Pair & { hold: Hold }> {
  const pair = await connectPair(stage.link, server);
  pair.server.send('+OK\r\n'); // answers the greeting
  await pair.client.got('+OK');
  const means = direction === 'up' ? 'effect' : 'effect-applied';
  const hold = stage.link.holdAt({ direction, means });
  pair.client.send(effect('a'));
  if (direction === 'down') {
    await pair.server.got(effect('a'));
    pair.server.send(':1\r\n+later\r\n');
  } else {
    pair.client.send('PING\r\n');
  }
  await hold.reached;
  return { ...pair, hold };
}

describe('a strike at a held frame', () => {
  it.each<[Strike, 'up' | 'down', Fate]>([
    ['cut', 'up', 'FIN'],
    ['cut', 'down', 'FIN'],
    ['reset', 'up', 'RST'],
    ['reset', 'down', 'RST'],
  ])('%s %swards: loses it with its connection', async (how, direction, fate) => {
    await using stage = await tapped(server);
    const { client, server: peer, hold } = await held(stage, direction);
    const other = await connectPair(stage.link, server);
    const fault = strike(stage.link, hold, how);
    expect(await fault.inject()).toBe(`connection 1: both ends closed by ${fate}`);
    expect(await fault.isHealed()).toBe(true);
    await client.ended(fate);
    await peer.ended('FIN'); // the carrier passes an RST on so
    expect(stage.told().filter((line) => line.startsWith('lost'))).toEqual([
      direction === 'up' ? 'lost effect a' : 'lost effect-applied a',
    ]);
    expect(client.received).toBe('+OK\r\n');
    expect(peer.received.includes('RPUSH')).toBe(direction === 'down');
    expect([other.client.fate, other.server.fate]).toEqual(['kept', 'kept']);
    expect(stage.link.connections).toEqual({ open: 1, accepted: 2 });
    hold.release();
  });

  it.each(['up', 'down'] as const)('swallow %swards: the rest is lost too', async (direction) => {
    await using stage = await tapped(server);
    const { client, server: peer, hold } = await held(stage, direction);
    const fault = strike(stage.link, hold, 'swallow');
    await fault.inject();
    expect(await fault.isHealed()).toBe(false);
    const [from, to] = direction === 'up' ? [client, peer] : [peer, client];
    const received = to.received;
    from.send(direction === 'up' ? effect('b') : '+more\r\n');
    to.send(direction === 'up' ? '+back\r\n' : 'BACK\r\n');
    await from.got(direction === 'up' ? '+back' : 'BACK');
    await silence();
    expect(to.received).toBe(received);
    expect([client.fate, peer.fate]).toEqual(['kept', 'kept']);
    expect(stage.told()).toContain(direction === 'up' ? 'lost effect b' : 'lost effect-applied a');
    await fault.heal();
    await fault.heal();
    await Promise.all([client.ended('FIN'), peer.ended('FIN')]);
    expect(await fault.isHealed()).toBe(true);
  });

  it('is refused where no frame stands', async () => {
    await using stage = await tapped(server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect' });
    await expect(hold.strike('cut')).rejects.toThrow('has not come yet, nothing to cut');
    hold.cancel();
    await expect(hold.strike('cut')).rejects.toThrow('is held no more');
  });
});

describe('a frame held on its way down, past the carrier', () => {
  it('does not cross when it is let go under a black hole', async () => {
    await using stage = await tapped(server);
    const { client, hold } = await held(stage, 'down');
    const fault = blackhole(stage.link);
    await fault.inject();
    hold.release();
    await silence();
    expect(client.received).toBe('+OK\r\n');
    expect(client.fate).toBe('kept');
    expect(stage.told().at(-1)).toBe('lost effect-applied a');
    await fault.heal();
    await client.ended('FIN');
  });

  it('ends its connection when it is let go under a reset', async () => {
    await using stage = await tapped(server);
    const { client, server: peer, hold } = await held(stage, 'down');
    await reset(stage.link).inject();
    hold.release();
    await Promise.all([client.ended('FIN'), peer.ended('FIN')]);
    expect(client.received).toBe('+OK\r\n');
    expect(stage.told().at(-1)).toBe('lost effect-applied a');
  });

  it('stays when it is let go under a hold of the link, and crosses when that heals', async () => {
    await using stage = await tapped(server);
    const { client, hold } = await held(stage, 'down');
    const [first, second] = [holdLink(stage.link), holdLink(stage.link)];
    await first.inject();
    await second.inject();
    hold.release();
    await first.heal();
    await silence();
    expect(client.received).toBe('+OK\r\n');
    await second.heal();
    await client.got('+later');
    expect(client.received).toBe('+OK\r\n:1\r\n+later\r\n');
    expect(stage.told().at(-1)).toBe('crossed effect-applied a');
  });

  it('crosses when the fault is over, only slows, or is on the other direction', async () => {
    await using stage = await tapped(server);
    const { client, hold } = await held(stage, 'down');
    const over = reset(stage.link);
    await over.inject();
    await over.heal();
    await blackhole(stage.link, { direction: 'up' }).inject();
    await latency(stage.link, { latencyMs: 10 }).inject();
    hold.release();
    await client.got('+later');
    expect(client.received).toBe('+OK\r\n:1\r\n+later\r\n');
  });
});
