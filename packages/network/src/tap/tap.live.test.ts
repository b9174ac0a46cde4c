/** How connections end at the tap, what is lost with them, and what it does with what it cannot read. */
import { createServer, type AddressInfo } from 'node:net';

import type { WireEvent } from '@lab/contract';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Endpoint } from '../endpoint.ts';
import { blackhole, cut } from '../faults/index.ts';
import { redisConversation } from '../resp/conversation.ts';
import type { TapEvent } from '../tap-event.ts';
import { bareServer, connectClient, connectPair, type BareServer } from '../testing/bench.ts';
import { silence } from '../testing/observe.ts';
import { effect, linesOf, tapped } from '../testing/tapped.ts';
import { openTap, type Tap } from './tap.ts';

let server: BareServer;
beforeAll(async () => {
  server = await bareServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A tap straight in front of the server: no proxy changes how connections end. */
async function bareTap(
  target: Endpoint = server,
): Promise<{ tap: Tap; events: TapEvent[]; passages: () => string[] } & AsyncDisposable> {
  const events: TapEvent[] = [];
  const tap = await openTap({
    link: 'worker-0>redis',
    protocol: 'redis',
    proxy: target,
    target,
    conversation: redisConversation,
    record: (event) => void events.push(event),
  });
  return {
    tap,
    events,
    passages: () => events.flatMap((event) => (event.kind === 'wire' ? event.passage : [])),
    [Symbol.asyncDispose]: () => tap[Symbol.asyncDispose](),
  };
}

describe('what is held when its connection ends', () => {
  it('is lost upwards when the link was cut, recorded on release', async () => {
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect' });
    client.send(effect('a') + effect('b'));
    await hold.reached;
    await cut(stage.link).inject();
    await peer.ended('FIN');
    await client.ended('FIN'); // the other direction is not held
    expect(stage.told()).toEqual(['held effect a']);
    hold.release();
    expect(stage.told()).toEqual(['held effect a', 'lost effect a', 'lost effect b']);
    expect(peer.received).not.toContain('RPUSH');
  });

  it('is lost downwards when the link was cut, and the client learns of it on release', async () => {
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    peer.send('+OK\r\n');
    client.send(effect('a'));
    const hold = stage.link.holdAt({ direction: 'down', means: 'effect-applied' });
    await peer.got(effect('a'));
    peer.send(':1\r\n');
    await hold.reached;
    await cut(stage.link).inject();
    await peer.ended('FIN');
    await silence();
    expect(client.fate).toBe('kept');
    hold.release();
    await client.ended('FIN');
    expect(client.received).toBe('+OK\r\n');
    expect(stage.told()).toEqual([
      'crossed effect a',
      'held effect-applied a',
      'lost effect-applied a',
    ]);
  });

  it('crosses upwards before the FIN of a client that closed', async () => {
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect' });
    client.socket.end(effect('a'));
    await hold.reached;
    await silence();
    expect(peer.fate).toBe('kept');
    hold.release();
    await peer.ended('FIN');
    expect(peer.received).toContain(effect('a'));
    expect(stage.told()).toEqual(['held effect a', 'crossed effect a']);
  });

  it('is lost when the client resets, and the reset is passed on on release', async () => {
    await using stage = await bareTap();
    const { client, server: peer } = await connectPair(stage.tap, server);
    const hold = stage.tap.holdAt({ direction: 'up', means: 'effect' });
    client.send(effect('a'));
    await hold.reached;
    client.socket.resetAndDestroy();
    await silence();
    expect(peer.fate).toBe('kept');
    hold.release();
    await peer.ended('RST');
    expect(stage.passages()).toEqual(['held', 'lost']);
  });

  it('is lost when the link closes', async () => {
    const stage = await tapped(server);
    const { client } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect' });
    client.send(effect('a'));
    await hold.reached;
    await stage[Symbol.asyncDispose]();
    expect(stage.told()).toEqual(['held effect a', 'lost effect a']);
    hold.release();
    expect(stage.told()).toHaveLength(2);
  });
});

describe('the record of a connection', () => {
  /** Waits until that many connections are recorded as ended. */
  const ended = (events: readonly TapEvent[], count = 1): PromiseLike<void> =>
    vi.waitFor(
      () => {
        const lines = linesOf(events).filter((line) => line.startsWith('ended'));
        if (lines.length !== count) throw new Error(`ended so far: ${lines.join(', ')}`);
      },
      { timeout: 5000, interval: 5 },
    );

  it('begins before its first frame and ends after its last', async () => {
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    client.send(effect('a'));
    await peer.got(effect('a'));
    peer.socket.end('+OK\r\n:1\r\n');
    await client.ended('FIN');
    client.socket.end();
    await ended(stage.events);
    expect(linesOf(stage.events)).toEqual([
      'opened 1',
      'crossed effect a',
      'crossed effect-applied a',
      'ended 1 by server, fin',
    ]);
  });

  it.each([
    ['client', 'fin'],
    ['client', 'rst'],
    ['server', 'fin'],
    ['server', 'rst'],
  ] as const)('says that the %s ended it first, by %s', async (side, how) => {
    await using stage = await bareTap();
    const pair = await connectPair(stage.tap, server);
    const other = pair[side === 'client' ? 'server' : 'client'];
    if (how === 'fin') pair[side].socket.end();
    else pair[side].socket.resetAndDestroy();
    await other.ended(how === 'fin' ? 'FIN' : 'RST');
    other.socket.destroy();
    await ended(stage.events);
    expect(linesOf(stage.events)).toEqual(['opened 1', `ended 1 by ${side}, ${how}`]);
  });

  it('tells a refused connection too', async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo; // a TCP server that listens has one
    await new Promise((resolve) => listener.close(resolve));
    await using stage = await bareTap({ host: '127.0.0.1', port });
    await connectClient(stage.tap).ended('RST');
    await ended(stage.events);
    expect(linesOf(stage.events)).toEqual(['opened 1', 'ended 1 by server, rst']);
  });

  it('says that the lab ended it when the link is closed, before that has returned', async () => {
    const stage = await tapped(server);
    await connectPair(stage.link, server);
    await connectPair(stage.link, server);
    await stage[Symbol.asyncDispose]();
    const lines = ['opened 1', 'opened 2', 'ended 1 by lab', 'ended 2 by lab'];
    expect(linesOf(stage.events)).toEqual(lines);
    await silence();
    expect(linesOf(stage.events)).toEqual(lines);
  });

  it('says that the lab ended it when the tap was told so before it saw it', async () => {
    await using stage = await bareTap();
    const { client, server: peer } = await connectPair(stage.tap, server);
    stage.tap.serverSideClosed();
    await peer.ended('FIN');
    peer.socket.end();
    await client.ended('FIN');
    client.socket.end();
    await ended(stage.events);
    expect(linesOf(stage.events)).toEqual(['opened 1', 'ended 1 by lab']);
  });

  it('says that the server ended it when that was seen before the tap was told', async () => {
    await using stage = await bareTap();
    const { client, server: peer } = await connectPair(stage.tap, server);
    peer.socket.end();
    await client.ended('FIN');
    stage.tap.serverSideClosed();
    client.socket.end();
    await ended(stage.events);
    expect(linesOf(stage.events)).toEqual(['opened 1', 'ended 1 by server, fin']);
  });

  it.each(['released', 'closed'] as const)(
    'ends after what was lost, when a held frame outlived both sockets and is %s',
    async (then) => {
      const stage = await bareTap();
      const { client, server: peer } = await connectPair(stage.tap, server);
      const hold = stage.tap.holdAt({ direction: 'up', means: 'effect' });
      client.send(effect('a') + effect('b'));
      await hold.reached;
      peer.socket.resetAndDestroy();
      await client.ended('RST');
      await silence();
      expect(linesOf(stage.events)).toEqual(['opened 1', 'held effect a']);
      if (then === 'released') hold.release();
      else await stage[Symbol.asyncDispose]();
      expect(linesOf(stage.events)).toEqual([
        'opened 1',
        'held effect a',
        'lost effect a',
        'lost effect b',
        'ended 1 by server, rst',
      ]);
      await stage[Symbol.asyncDispose]();
    },
  );
});

describe('what became of a held frame', () => {
  type Stage = Awaited<ReturnType<typeof tapped>>;

  /** What the record says of each held frame: the next line of its direction that otherwise says the same. */
  function fatesOf(events: readonly TapEvent[]): string[] {
    const wire = events.filter((event) => event.kind === 'wire');
    const saying = ({ passage: _passage, ...rest }: WireEvent): string => JSON.stringify(rest);
    return wire.flatMap((held, index) => {
      if (held.passage !== 'held') return [];
      const next = wire
        .slice(index + 1)
        .find(
          ({ connection, direction, passage }) =>
            connection === held.connection && direction === held.direction && passage !== 'held',
        );
      return next !== undefined && saying(next) === saying(held) ? next.passage : 'untold';
    });
  }

  const closing: readonly [string, (stage: Stage) => PromiseLike<unknown>, 'crossed' | 'lost'][] = [
    ['is let go', () => Promise.resolve(), 'crossed'],
    ['stays until the link closes', (stage) => stage[Symbol.asyncDispose](), 'lost'],
    ['stays through a cut', (stage) => cut(stage.link).inject(), 'lost'],
    [
      'stays through a cut until the link closes',
      async (stage) => {
        await cut(stage.link).inject();
        await stage[Symbol.asyncDispose]();
      },
      'lost',
    ],
  ];

  describe.each(['up', 'down'] as const)('%swards', (direction) => {
    it.each(closing)('is told of one that %s', async (_, close, fate) => {
      await using stage = await tapped(server);
      const pairs = [await connectPair(stage.link, server), await connectPair(stage.link, server)];
      // Two at once and equal in all but their connection; the second hold stops the frame behind the first.
      const means = direction === 'up' ? 'effect' : 'effect-applied';
      const holds = [1, 2].map(() => stage.link.holdAt({ direction, means, key: 'a' }));
      const [first, second] = pairs;
      for (const pair of [first, second]) {
        pair?.server.send('+OK\r\n');
        pair?.client.send(effect('a') + effect('a'));
      }
      if (direction === 'down') {
        await Promise.all(pairs.map((pair) => pair.server.got(effect('a') + effect('a'))));
        for (const pair of pairs) pair.server.send(':1\r\n:2\r\n');
      }
      await Promise.all(holds.map((hold) => hold.reached));
      await close(stage);
      for (const hold of holds) hold.release();
      const fates = fatesOf(stage.events);
      expect(fates.length).toBeGreaterThan(0);
      expect(new Set(fates)).toEqual(new Set([fate]));
    });
  });

  it.each(['up', 'down'] as const)('is told of one %swards whose client is gone', async (way) => {
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    const means = way === 'up' ? 'effect' : 'effect-applied';
    const hold = stage.link.holdAt({ direction: way, means });
    peer.send('+OK\r\n');
    client.send(effect('a'));
    if (way === 'down') {
      await peer.got(effect('a'));
      peer.send(':1\r\n');
    }
    await hold.reached;
    client.socket.destroy();
    await silence();
    await stage[Symbol.asyncDispose]();
    expect(fatesOf(stage.events)).toEqual(['lost']);
  });

  it('is told when its connection proved undecodable meanwhile', async () => {
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect' });
    client.send(effect('a'));
    await hold.reached;
    peer.send('HTTP/1.1 400 Bad Request\r\n\r\n');
    await client.got('Bad Request');
    hold.release();
    await peer.got(effect('a'));
    expect(fatesOf(stage.events)).toEqual(['crossed']);
  });
});

describe('a cut', () => {
  it('is known to the tap when it is injected, whatever stands unread behind a held frame', async () => {
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    peer.send('+OK\r\n');
    client.send(effect('a'));
    const hold = stage.link.holdAt({ direction: 'down', means: 'effect-applied' });
    await peer.got(effect('a'));
    peer.send(':1\r\n');
    await hold.reached;
    peer.send(`+${'x'.repeat(60_000)}\r\n`.repeat(20));
    await cut(stage.link).inject();
    hold.release();
    await client.ended('FIN');
    expect(client.received).toBe('+OK\r\n');
    expect(stage.told().at(-1)).toBe('lost effect-applied a');
  });
});

describe('the tap', () => {
  it('passes a FIN on behind the last bytes, either way', async () => {
    await using stage = await bareTap();
    const one = await connectPair(stage.tap, server);
    const two = await connectPair(stage.tap, server);
    one.client.socket.end('LAST\r\n');
    two.server.socket.end('+LAST\r\n');
    await Promise.all([one.server.ended('FIN'), two.client.ended('FIN')]);
    expect(one.server.received).toContain('LAST');
    expect(two.client.received).toContain('+LAST');
  });

  it('passes the FIN of a client on when the client was answered', async () => {
    await using stage = await bareTap();
    const { client, server: peer } = await connectPair(stage.tap, server);
    client.socket.end('PING\r\n');
    await peer.got('PING');
    expect([client.fate, peer.fate]).toEqual(['kept', 'kept']);
    peer.send('+OK\r\n+PONG\r\n'); // the greeting is answered too
    await Promise.all([client.ended('FIN'), peer.ended('FIN')]);
    expect(client.received).toBe('+OK\r\n+PONG\r\n');
  });

  it('passes an RST on, either way', async () => {
    await using stage = await bareTap();
    const one = await connectPair(stage.tap, server);
    const two = await connectPair(stage.tap, server);
    one.client.socket.resetAndDestroy();
    two.server.socket.resetAndDestroy();
    await Promise.all([one.server.ended('RST'), two.client.ended('RST')]);
    await vi.waitFor(() => expect(stage.tap.connections.open).toBe(0));
  });

  it('counts connections', async () => {
    await using stage = await tapped(server);
    const { client } = await connectPair(stage.link, server);
    await connectPair(stage.link, server);
    expect(stage.link.connections).toEqual({ open: 2, accepted: 2 });
    client.socket.destroy();
    await vi.waitFor(() => expect(stage.link.connections).toEqual({ open: 1, accepted: 2 }));
  });

  it('goes on forwarding what it cannot decode, and says so once', async () => {
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    peer.send('HTTP/1.1 400 Bad Request\r\n\r\n');
    await client.got('Bad Request');
    stage.link.holdAt({ direction: 'up', means: 'effect' });
    client.send(effect('a'));
    peer.send('more');
    await Promise.all([peer.got(effect('a')), client.got('more')]);
    expect(stage.told()).toEqual(['crossed undecodable']);
  });

  it('keeps two fault directions apart: a black hole below a hold', async () => {
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect' });
    client.send(effect('a'));
    await hold.reached;
    await blackhole(stage.link, { direction: 'up' }).inject();
    hold.release();
    peer.send('+still here\r\n');
    await client.got('+still here');
    expect(peer.received).not.toContain('RPUSH');
    expect(stage.told()).toEqual(['held effect a', 'crossed effect a']); // to the next hop, which drops it
  });
});
