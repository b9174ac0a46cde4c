/** What a worker does when a connection, a consumer or its own life ends while work is in hand. */
import { queueNames } from '@lab/contract';
import type { Program } from '@lab/contract/testing';
import { describe, expect, test } from 'vitest';

import { keysOf, Sandbox } from './testing/sandbox.ts';

const key = 'job-0001';

describe('SIGTERM', () => {
  test('lets what is in hand end, settles it and leaves the rest', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate();
    gate.snare(sandbox.keys.ledger, 'command');
    await sandbox.declare();
    await sandbox.publish(...keysOf(3));
    const worker = sandbox.worker({ GUARD: 'none', REDIS_URL: gate.url });
    await worker.eventually(() => gate.closed);
    worker.kill('SIGTERM');
    await worker.eventually(() => worker.stderr.includes('draining'));
    gate.open();
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(worker.story(key)).toEqual(['attempt invoke', 'effect ok applied', 'settle ok acked']);
    expect(await sandbox.ledger()).toHaveLength(1);
    expect(await sandbox.waiting(queueNames.jobs)).toBe(2);
  });

  test('gives up at the drain limit, says so, and the broker keeps the job', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate();
    gate.snare(sandbox.keys.ledger, 'command');
    await sandbox.declare();
    await sandbox.publish(key);
    const settings = { GUARD: 'none', REDIS_URL: gate.url, DRAIN_LIMIT_MS: '100' };
    const worker = sandbox.worker(settings);
    await worker.eventually(() => gate.closed);
    expect(await worker.stop()).toEqual({ code: 1, signal: null });
    expect(worker.stderr).toContain('"abandoned":1');
    await worker.eventually(async () => (await sandbox.waiting(queueNames.jobs)) === 1);
  });

  test('ends an idle worker whose broker no longer answers', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate(sandbox.rabbitmqUrl);
    const settings = { GUARD: 'none', RABBITMQ_URL: gate.url, DRAIN_LIMIT_MS: '100' };
    const worker = await sandbox.worker(settings).ready();
    gate.shut();
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a lost AMQP connection', () => {
  test('refuses the stale ack and consumes again on a fresh channel', async () => {
    await using sandbox = await Sandbox.open();
    const store = await sandbox.gate();
    const broker = await sandbox.gate(sandbox.rabbitmqUrl);
    store.snare(sandbox.keys.ledger, 'command');
    await sandbox.declare();
    await sandbox.publish(key);
    const worker = sandbox.worker({
      GUARD: 'atomic-claim',
      REDIS_URL: store.url,
      RABBITMQ_URL: broker.url,
    });
    await worker.eventually(() => store.closed);
    broker.cut();
    await worker.eventually(() => count(worker, 'attempt') === 2); // delivered again, on the new channel
    store.open();
    await worker.eventually(() => count(worker, 'settle') === 2);
    expect(
      worker
        .story(key)
        .filter((line) => line.startsWith('settle'))
        .toSorted(),
    ).toEqual(['settle info channel 1 is gone, stale settlement refused', 'settle ok acked']);
    expect(await sandbox.ledger()).toHaveLength(1);
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(await sandbox.waiting(queueNames.jobs)).toBe(0);
  });

  test('keeps trying while the broker is away and works on when it is back', async () => {
    await using sandbox = await Sandbox.open();
    const broker = await sandbox.gate(sandbox.rabbitmqUrl);
    const worker = await sandbox.worker({ GUARD: 'none', RABBITMQ_URL: broker.url }).ready();
    broker.refuse();
    await worker.eventually(() => worker.stderr.includes('"attempt":3')); // of the backoff
    broker.accept();
    await sandbox.publish(key);
    await worker.eventually(() => worker.story(key).includes('settle ok acked'));
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  test('closed by the operator is survived as well', async () => {
    await using sandbox = await Sandbox.open();
    const worker = await sandbox.worker({ GUARD: 'none' }).ready();
    await sandbox.closeConnections();
    await worker.eventually(() => worker.stderr.includes('"epoch":2'));
    await sandbox.publish(key);
    await worker.eventually(() => worker.story(key).includes('settle ok acked'));
    expect(await sandbox.ledger()).toHaveLength(1);
  });
});

describe('a cancelled consumer', () => {
  test('declares the queue again and goes on', async () => {
    await using sandbox = await Sandbox.open();
    const worker = await sandbox.worker({ GUARD: 'none' }).ready();
    await sandbox.management('DELETE', `queues/${sandbox.name}/${queueNames.jobs}`);
    await worker.eventually(() => worker.stderr.includes('"epoch":2'));
    await sandbox.publish(key);
    await worker.eventually(() => worker.story(key).includes('settle ok acked'));
    expect(await sandbox.ledger()).toHaveLength(1);
  });
});

describe('a lost effect store', () => {
  test('makes the effect indefinite: not acked, delivered again, found done by the guard', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate();
    gate.snare(sandbox.keys.ledger, 'reply');
    await sandbox.declare();
    await sandbox.publish(key);
    const worker = sandbox.worker({ GUARD: 'atomic-claim', REDIS_URL: gate.url });
    await worker.eventually(async () => (await sandbox.ledger()).length === 1);
    gate.cut();
    await worker.eventually(() => count(worker, 'settle') === 2);
    expect(worker.story(key)).toEqual([
      'attempt invoke',
      expect.stringMatching(/^effect info /),
      'settle ok given back',
      'attempt invoke',
      'effect ok duplicate',
      'settle ok acked',
    ]);
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  test('never sends an effect twice by itself: two effects are two attempts', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate();
    gate.snare(sandbox.keys.ledger, 'command'); // held back, then lost: it never reaches the store
    await sandbox.declare();
    await sandbox.publish(key);
    const worker = sandbox.worker({ GUARD: 'none', REDIS_URL: gate.url });
    await worker.eventually(() => gate.closed);
    gate.cut();
    await worker.eventually(() => worker.story(key).includes('settle ok acked'));
    expect(await sandbox.ledger()).toHaveLength(1);
    expect(count(worker, 'attempt')).toBe(2);
  });

  test('that only falls silent is given up at the time limit', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate();
    gate.snare(sandbox.keys.ledger, 'reply');
    await sandbox.declare();
    await sandbox.publish(key);
    const settings = { GUARD: 'atomic-claim', REDIS_URL: gate.url, EFFECT_TIMEOUT_MS: '200' };
    const worker = sandbox.worker(settings);
    await worker.eventually(() => worker.story(key).includes('settle ok given back'));
    gate.open();
    await worker.eventually(() => worker.story(key).includes('effect ok duplicate'));
    expect(await sandbox.ledger()).toHaveLength(1);
  });
});

function count(worker: Program, op: string): number {
  return worker.events.filter((event) => event.op === op).length;
}
