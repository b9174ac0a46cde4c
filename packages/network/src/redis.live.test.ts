/** Real Redis and BullMQ clients through links. */
import { once } from 'node:events';
import { connect } from 'node:net';

import { storeKeys, type WireEvent } from '@lab/contract';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';

import { cut } from './faults/index.ts';
import { openNetwork, type Link, type Network } from './network.ts';
import type { ProxyServer } from './proxy.ts';
import { openProxyServer, targetOf, uniqueName } from './testing/brokers.ts';

let proxyServer: ProxyServer;
let network: Network;
let direct: Redis;
let events: WireEvent[] = [];
const prefix = uniqueName();
const keys = storeKeys(prefix);

beforeAll(async () => {
  proxyServer = await openProxyServer();
  network = openNetwork({
    proxyServer,
    record: (event) => void (event.kind === 'wire' && events.push(event)),
  });
  direct = new Redis(inject('redisUrl'));
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await proxyServer[Symbol.asyncDispose]();
  const left = await direct.keys(`{${prefix}}*`);
  if (left.length > 0) await direct.del(...left);
  direct.disconnect();
});

const openLink = (from: string): Promise<Link> =>
  network.link({ from, to: 'redis', protocol: 'redis', target: targetOf(inject('redisUrl')) });

interface ClientOptions {
  readonly protocol?: 2 | 3;
  readonly retryStrategy?: () => number;
}

function client(link: Link, options: ClientOptions = {}): Redis {
  const redis = new Redis({ ...link.listen, maxRetriesPerRequest: null, ...options });
  redis.on('error', () => undefined); // lost connections are what these tests are about
  return redis;
}

const entry = (key: string, by: string): string =>
  JSON.stringify({ entry: `${key}-${by}`, key, kind: 'effect', amount: 1, by });

/** What was said of a job, in order. */
const told = (key: string): string[] =>
  events
    .filter((event) => event.keys?.includes(key))
    .map(({ passage, means, frame }) => `${passage} ${means ?? frame}`);

describe.each([2, 3] as const)('an ioredis client behind a tap, RESP%i', (protocol) => {
  it('has its effect held until another was applied', async () => {
    events = [];
    const link = await openLink(`worker-${protocol}`);
    const redis = client(link, { protocol });
    const key = `job-${protocol}`;
    const hold = link.holdAt({ direction: 'up', means: 'effect', key });
    const applied = redis.rpush(keys.ledger, entry(key, 'a'));
    expect(await hold.reached).toMatchObject({ frame: 'RPUSH', keys: [key] });
    await direct.rpush(keys.ledger, entry(key, 'b'));
    hold.release();
    await applied;
    const ledger = await direct.lrange(keys.ledger, -2, -1);
    expect(ledger).toEqual([entry(key, 'b'), entry(key, 'a')]);
    expect(told(key)).toEqual(['held effect', 'crossed effect', 'crossed effect-applied']);
    redis.disconnect();
  });

  it('applies an effect twice when the reply is lost: it sends it again by itself', async () => {
    events = [];
    const link = await openLink(`resender-${protocol}`);
    const redis = client(link, { protocol, retryStrategy: () => 20 });
    const key = `resent-${protocol}`;
    const hold = link.holdAt({ direction: 'down', means: 'effect-applied', key });
    const applied = redis.rpush(keys.ledger, entry(key, 'a'));
    await hold.reached;
    const fault = cut(link);
    await fault.inject();
    hold.release();
    await fault.heal();
    await applied;
    expect(told(key)).toEqual([
      'crossed effect',
      'held effect-applied',
      'lost effect-applied',
      'crossed effect',
      'crossed effect-applied',
    ]);
    expect(await direct.lrange(keys.ledger, -2, -1)).toEqual([entry(key, 'a'), entry(key, 'a')]);
    redis.disconnect();
  });

  it('has a transaction read through to its effect', async () => {
    events = [];
    const link = await openLink(`transaction-${protocol}`);
    const redis = client(link, { protocol });
    const key = `exec-${protocol}`;
    const hold = link.holdAt({ direction: 'down', means: 'effect-applied', key });
    const done = redis
      .multi()
      .hset(keys.claims, key, 'e1')
      .rpush(keys.ledger, entry(key, 'a'))
      .exec();
    expect(await hold.reached).toMatchObject({ frame: 'reply RPUSH' });
    hold.release();
    await done;
    expect(told(key)).toEqual([
      'crossed claim',
      'crossed effect',
      'held effect-applied',
      'crossed reply HSET',
      'crossed effect-applied',
    ]);
    redis.disconnect();
  });

  it('subscribes, and pairs its replies all the same', async () => {
    events = [];
    const link = await openLink(`subscriber-${protocol}`);
    const redis = client(link, { protocol });
    const received = Promise.withResolvers<string>();
    redis.on('message', (_, text) => received.resolve(text));
    await redis.subscribe(`${prefix}-news`, `${prefix}-more`);
    await direct.publish(`${prefix}-news`, 'hello');
    expect(await received.promise).toBe('hello');
    await redis.unsubscribe();
    const key = `after-${protocol}`;
    await redis.rpush(keys.ledger, entry(key, 'a'));
    expect(told(key)).toEqual(['crossed effect', 'crossed effect-applied']);
    redis.disconnect();
  });
});

describe('BullMQ behind a tap', () => {
  it('shows the life of its jobs by their keys, and can be held at any step', async () => {
    events = [];
    const producerLink = await openLink('producer');
    const workerLink = await openLink('worker-bull');
    const producer = client(producerLink);
    const consumer = client(workerLink);
    const store = client(workerLink);
    const queue = new Queue('jobs', { connection: producer, prefix: keys.bullmq });
    const settle = workerLink.holdAt({ direction: 'up', means: 'settle', key: 'bull-1' });
    const worker = new Worker(
      'jobs',
      async (job) => void (await store.rpush(keys.ledger, entry(String(job.id), 'w'))),
      { connection: consumer, prefix: keys.bullmq, lockDuration: 400 },
    );
    worker.on('error', () => undefined);
    const completed = new Set<string | undefined>();
    worker.on('completed', (job) => void completed.add(job.id));

    await queue.add('job', {}, { jobId: 'bull-1' });
    await queue.addBulk([
      { name: 'job', data: {}, opts: { jobId: 'bull-2' } },
      { name: 'job', data: {}, opts: { jobId: 'bull-3', delay: 1 } },
    ]);
    expect(await settle.reached).toMatchObject({ frame: 'EVALSHA moveToFinished' });
    expect(completed.size).toBe(0);
    settle.release();
    await vi.waitFor(
      () => expect(completed).toEqual(new Set(['bull-1', 'bull-2', 'bull-3'])),
      10_000,
    );

    expect(told('bull-1')).toEqual([
      'crossed publish',
      'crossed confirm',
      'crossed deliver',
      'crossed effect',
      'crossed effect-applied',
      'held settle',
      'crossed settle',
      'crossed settle-reply',
    ]);
    for (const key of ['bull-2', 'bull-3']) {
      const said = told(key);
      for (const meaning of ['publish', 'confirm', 'deliver', 'effect-applied', 'settle-reply']) {
        expect(said).toContain(`crossed ${meaning}`);
      }
    }
    await worker.close();
    await queue.close();
    for (const redis of [producer, consumer, store]) redis.disconnect();
  });

  it('shows a lease that is renewed, and a job given back', async () => {
    events = [];
    const link = await openLink('worker-renews');
    const producer = client(link);
    const consumer = client(link);
    const queue = new Queue('renewed', { connection: producer, prefix: keys.bullmq });
    const renewal = link.holdAt({ direction: 'up', means: 'renew', key: 'bull-4' });
    const worker = new Worker(
      'renewed',
      async (job) => {
        if (job.attemptsMade > 0) return;
        await renewal.reached;
        renewal.release();
        throw new Error('once');
      },
      { connection: consumer, prefix: keys.bullmq, lockDuration: 400 },
    );
    worker.on('error', () => undefined);
    const completed = new Promise((resolve) => void worker.once('completed', resolve));
    await queue.add('job', {}, { jobId: 'bull-4', attempts: 2 });
    await completed;
    const answers = told('bull-4').filter((line) => line.startsWith('crossed reply'));
    expect(answers).toEqual([
      'crossed reply EVALSHA extendLocks',
      'crossed reply EVALSHA retryJob',
    ]);
    expect(told('bull-4').filter((line) => !answers.includes(line))).toEqual([
      'crossed publish',
      'crossed confirm',
      'crossed deliver',
      'held renew',
      'crossed renew',
      'crossed requeue',
      'crossed deliver',
      'crossed settle',
      'crossed settle-reply',
    ]);
    const deliveries = events.filter(({ means }) => means === 'deliver');
    expect(deliveries.map(({ redelivered }) => redelivered)).toEqual([false, true]);
    await worker.close();
    await queue.close();
    for (const redis of [producer, consumer]) redis.disconnect();
  });
});

describe('a client that closes its side at once', () => {
  it('is answered what it had asked, as it is without a tap', async () => {
    const link = await openLink('half-closed');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => lastWords(link, 'PING\r\n')),
    );
    expect(answers).toEqual(answers.map(() => '+PONG\r\n'));
  });
});

/** Sends it together with a FIN. @returns what came back until the other side closed too. */
async function lastWords(link: Link, text: string): Promise<string> {
  const socket = connect({ ...link.listen, allowHalfOpen: true });
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.end(text);
  await once(socket, 'end', { signal: AbortSignal.timeout(5000) });
  socket.destroy();
  return received;
}
