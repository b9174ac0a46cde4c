/** How connections end at the tap, what is lost with them, and what it does with what it cannot read. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { blackhole, cut } from '../faults/index.ts';
import { redisConversation } from '../resp/conversation.ts';
import { bareServer, connectPair, type BareServer } from '../testing/bench.ts';
import { silence } from '../testing/observe.ts';
import { effect, tapped } from '../testing/tapped.ts';
import { openTap, type Tap } from './tap.ts';

let server: BareServer;
beforeAll(async () => {
  server = await bareServer();
});
afterAll(() => server[Symbol.asyncDispose]());

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
    expect(stage.passages).toEqual(['held', 'lost']);
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
