/** The tap between bare sockets: what it holds, loses, passes on, and what it records of it. */
import type { WireEvent } from '@lab/contract';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { embeddedProxyServer } from '../embedded/server.ts';
import { blackhole, cut } from '../faults/index.ts';
import { openNetwork, type Link } from '../network.ts';
import { redisConversation } from '../resp/conversation.ts';
import { bareServer, connectPair, type BareServer } from '../testing/bench.ts';
import { silence } from '../testing/observe.ts';
import { openTap, type Tap } from './tap.ts';

const ledger = '{cell}:ledger';

/** A command that means `effect`, as an inline command: the client end sends text. */
const effect = (key: string): string => {
  const entry = JSON.stringify({ entry: `e-${key}`, key, kind: 'effect', amount: 1, by: 'w' });
  return `RPUSH ${ledger} ${entry}\r\n`;
};

let server: BareServer;
const proxyServer = embeddedProxyServer();
beforeAll(async () => {
  server = await bareServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await proxyServer[Symbol.asyncDispose]();
});

let links = 0;

/** A link of its own with what it recorded, closed at the end of the test. */
async function tapped(): Promise<{ link: Link; told: () => string[] } & AsyncDisposable> {
  const events: WireEvent[] = [];
  const network = openNetwork({ proxyServer, record: (event) => void events.push(event) });
  links += 1;
  const spec = { from: `worker-${links}`, to: 'redis', protocol: 'redis', target: server } as const;
  return {
    link: await network.link(spec),
    told: () =>
      events.map(({ passage, means, frame, keys }) =>
        [passage, means ?? frame, ...(keys ?? [])].join(' '),
      ),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}

/** A tap straight in front of the server: no proxy changes how connections end. */
async function bareTap(): Promise<{ tap: Tap; passages: string[] } & AsyncDisposable> {
  const passages: string[] = [];
  const tap = await openTap({
    link: 'worker-0>redis',
    protocol: 'redis',
    proxy: server,
    target: server,
    conversation: redisConversation,
    record: ({ passage }) => void passages.push(passage),
  });
  return { tap, passages, [Symbol.asyncDispose]: () => tap[Symbol.asyncDispose]() };
}

describe('a hold', () => {
  it('lets through all before the frame and keeps the frame and all behind it', async () => {
    await using stage = await tapped();
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect', key: 'b' });
    expect(hold.event).toBeUndefined();
    client.send(`${effect('a')}${effect('b')}${effect('c')}PING\r\n`);
    const event = await hold.reached;
    expect(event).toMatchObject({ passage: 'held', frame: 'RPUSH', keys: ['b'], connection: 1 });
    expect(hold.event).toBe(event);
    await peer.got(effect('a'));
    await silence();
    expect(peer.received.endsWith(effect('a'))).toBe(true);
    hold.release();
    await peer.got('PING');
    expect(peer.received.endsWith(`${effect('a')}${effect('b')}${effect('c')}PING\r\n`)).toBe(true);
    expect(stage.told()).toEqual([
      'crossed effect a',
      'held effect b',
      'crossed effect b',
      'crossed effect c',
    ]);
  });

  it('stops in front of the first byte however the frame is cut', async () => {
    await using stage = await tapped();
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect' });
    for (const byte of `PING\r\n${effect('a')}`) client.send(byte);
    await hold.reached;
    await peer.got('PING\r\n');
    expect(peer.received.endsWith('PING\r\n')).toBe(true);
    hold.release();
    await peer.got(effect('a'));
  });

  it('counts over all connections of the link, and holds one of them', async () => {
    await using stage = await tapped();
    const [one, two] = [
      await connectPair(stage.link, server),
      await connectPair(stage.link, server),
    ];
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect', nth: 2 });
    one.client.send(effect('a'));
    await one.server.got(effect('a'));
    two.client.send(effect('b'));
    expect(await hold.reached).toMatchObject({ connection: 2, keys: ['b'] });
    one.client.send(effect('c'));
    await one.server.got(effect('c'));
    hold.release();
    await two.server.got(effect('b'));
  });

  it('takes any predicate on the event, and frames that mean nothing', async () => {
    await using stage = await tapped();
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', where: ({ frame }) => frame === 'PING' });
    client.send('ECHO x\r\nPING\r\n');
    await hold.reached;
    hold.release();
    await peer.got('PING');
    expect(stage.told()).toEqual(['held PING', 'crossed PING']);
  });

  it('holds replies', async () => {
    await using stage = await tapped();
    const { client, server: peer } = await connectPair(stage.link, server);
    peer.send('+OK\r\n'); // answers the greeting
    const hold = stage.link.holdAt({ direction: 'down', means: 'effect-applied' });
    client.send(effect('a'));
    await peer.got(effect('a'));
    peer.send(':1\r\n+later\r\n');
    await hold.reached;
    await client.got('+OK');
    expect(client.received).toBe('+OK\r\n');
    hold.release();
    await client.got('+later');
  });

  it('gives the sender back-pressure', async () => {
    await using stage = await tapped();
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect' });
    client.send(effect('a'));
    await hold.reached;
    const much = Buffer.alloc(16 * 1024 * 1024, `PING ${'x'.repeat(1000)}\r\n`);
    client.socket.write(much);
    await silence();
    expect(client.socket.writableLength).toBeGreaterThan(0);
    hold.release();
    await vi.waitFor(() => expect(peer.socket.bytesRead).toBeGreaterThan(much.length), 10_000);
  });

  it('that is cancelled lets the bytes go that it was still looking at', async () => {
    await using stage = await tapped();
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect' });
    client.send('PING\r\nHALF');
    await peer.got('PING\r\n');
    expect(peer.received).not.toContain('HALF');
    hold.cancel();
    await peer.got('HALF');
    await expect(hold.reached).rejects.toThrow('cancelled');
    hold.release();
  });

  it('rejects when the link closes before it is reached, and says what did come', async () => {
    const stage = await tapped();
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', means: 'effect', nth: 2 });
    client.send(effect('a'));
    await peer.got(effect('a'));
    await stage[Symbol.asyncDispose]();
    await expect(hold.reached).rejects.toThrow(
      /never came to frame 2 that is frame that means effect, upwards \(1 fitting frames were seen\): link .* closed/,
    );
  });

  it('may be one of several at the same frame: it goes when all let go', async () => {
    await using stage = await tapped();
    const { client, server: peer } = await connectPair(stage.link, server);
    const first = stage.link.holdAt({ direction: 'up', means: 'effect' });
    const second = stage.link.holdAt({ direction: 'up', key: 'a' });
    client.send(effect('a'));
    await Promise.all([first.reached, second.reached]);
    first.release();
    first.release();
    await silence();
    expect(peer.received).not.toContain('RPUSH');
    second.release();
    await peer.got(effect('a'));
    expect(stage.told()).toEqual(['held effect a', 'crossed effect a']);
  });
});

describe('what is held when its connection ends', () => {
  it('is lost upwards when the link was cut, recorded on release', async () => {
    await using stage = await tapped();
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
    await using stage = await tapped();
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
    await using stage = await tapped();
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
    expect(stage.passages).toEqual(['held', 'lost']);
  });

  it('is lost when the link closes', async () => {
    const stage = await tapped();
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

describe('a cut', () => {
  it('is known to the tap when it is injected, whatever stands unread behind a held frame', async () => {
    await using stage = await tapped();
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
    await using stage = await tapped();
    const { client } = await connectPair(stage.link, server);
    await connectPair(stage.link, server);
    expect(stage.link.connections).toEqual({ open: 2, accepted: 2 });
    client.socket.destroy();
    await vi.waitFor(() => expect(stage.link.connections).toEqual({ open: 1, accepted: 2 }));
  });

  it('goes on forwarding what it cannot decode, and says so once', async () => {
    await using stage = await tapped();
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
    await using stage = await tapped();
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
