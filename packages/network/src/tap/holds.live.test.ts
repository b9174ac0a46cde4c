/** Holding a link at a named frame, between bare sockets. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { bareServer, connectPair, type BareServer } from '../testing/bench.ts';
import { silence } from '../testing/observe.ts';
import { effect, tapped } from '../testing/tapped.ts';

let server: BareServer;
beforeAll(async () => {
  server = await bareServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a hold', () => {
  it('lets through all before the frame and keeps the frame and all behind it', async () => {
    await using stage = await tapped(server);
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
    await using stage = await tapped(server);
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
    await using stage = await tapped(server);
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
    await using stage = await tapped(server);
    const { client, server: peer } = await connectPair(stage.link, server);
    const hold = stage.link.holdAt({ direction: 'up', where: ({ frame }) => frame === 'PING' });
    client.send('ECHO x\r\nPING\r\n');
    await hold.reached;
    hold.release();
    await peer.got('PING');
    expect(stage.told()).toEqual(['held PING', 'crossed PING']);
  });

  it('holds replies', async () => {
    await using stage = await tapped(server);
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
    await using stage = await tapped(server);
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
    await using stage = await tapped(server);
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
    const stage = await tapped(server);
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
    await using stage = await tapped(server);
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
