import { guardNames, queueNames } from '@lab/contract';
import type { Program } from '@lab/contract/testing';
import { describe, expect, test } from 'vitest';

import { bodyOf, keysOf, Sandbox } from './testing/sandbox.ts';

const key = 'job-0001';

describe('consuming from RabbitMQ', () => {
  test('gives every job one effect and leaves the queue empty', async () => {
    await using sandbox = await Sandbox.open();
    const keys = keysOf(20);
    await sandbox.declare();
    await sandbox.publish(...keys);
    const worker = await sandbox.worker({ GUARD: 'none', PREFETCH: '5' }).ready();
    await worker.eventually(() => settles(worker).length === 20);
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect((await sandbox.ledger()).map((entry) => entry.key).toSorted()).toEqual(keys);
    expect(await sandbox.waiting(queueNames.jobs)).toBe(0);
    expect(worker.story(key)).toEqual(['attempt invoke', 'effect ok applied', 'settle ok acked']);
    expect(worker.events[0]).toMatchObject({ correlationId: `flow-${key}`, attempt: 1 });
    expect(worker.stderr).toContain(`"correlationId":"flow-${key}","causationId":"order-${key}"`);
  });

  test('takes no more than its prefetch', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate();
    gate.snare(sandbox.keys.ledger, 'command');
    await sandbox.declare();
    await sandbox.publish(...keysOf(6));
    const worker = sandbox.worker({ GUARD: 'none', PREFETCH: '2', REDIS_URL: gate.url });
    await worker.eventually(() => worker.events.length === 2);
    await worker.eventually(async () => (await sandbox.waiting(queueNames.jobs)) === 4);
    expect(worker.events).toHaveLength(2);
    gate.open();
    await worker.eventually(() => settles(worker).length === 6);
  });

  test('quorum queues carry jobs as well, and count attempts', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.redis.set(sandbox.keys.ledger, 'not a list');
    const worker = await sandbox.worker({ GUARD: 'none', QUEUE_TYPE: 'quorum' }).ready();
    await sandbox.publish(key);
    await worker.eventually(() => settles(worker).length === 2);
    expect(worker.events.filter(({ op }) => op === 'attempt')).toMatchObject([
      { attempt: 1 },
      { attempt: 2 },
    ]);
  });
});

describe('a job that cannot be handled', () => {
  test('dead-letters what is not a job and goes on', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.declare();
    await sandbox.send(
      { key: 'not-json', body: '{' },
      { key: 'other', body: bodyOf('job-0009') },
      { key, body: bodyOf(key) },
    );
    const worker = await sandbox.worker({ GUARD: 'none' }).ready();
    await worker.eventually(() => worker.story(key).includes('settle ok acked'));
    expect(await sandbox.waiting(queueNames.dead)).toBe(2);
    expect(worker.story('other').at(-1)).toBe('settle ok dead-lettered');
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  test('attempts a definite failure once more, then dead-letters it', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.redis.set(sandbox.keys.ledger, 'not a list');
    await sandbox.declare();
    await sandbox.publish(key);
    const worker = await sandbox.worker({ GUARD: 'atomic-claim' }).ready();
    await worker.eventually(async () => (await sandbox.waiting(queueNames.dead)) === 1);
    const attempt = ['attempt invoke', expect.stringMatching(/^effect fail .*WRONGTYPE/)];
    expect(worker.story(key)).toEqual([
      ...attempt,
      'settle ok requeued',
      ...attempt,
      'settle ok dead-lettered',
    ]);
    expect(await sandbox.redis.exists(sandbox.keys.claims)).toBe(0);
  });
});

describe('two deliveries of one job', () => {
  // Both are in hand before either reaches the store; what each guard makes of that is its nature.
  const effects: Record<(typeof guardNames)[number], number> = {
    none: 2,
    'atomic-claim': 1,
    'split-claim': 1, // its fault is another one: see below
    'trust-redelivered': 2, // a copy is not a redelivery
    'memory-set': 1, // in one process
    'check-then-act': 2,
  };

  test.for(guardNames)('at once in one process under %s', async (GUARD) => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate();
    gate.snare(sandbox.name, 'command');
    await sandbox.declare();
    await sandbox.publish(key, key);
    const worker = sandbox.worker({ GUARD, PREFETCH: '2', REDIS_URL: gate.url });
    await worker.eventually(() => worker.events.filter(({ op }) => op === 'attempt').length === 2);
    gate.open();
    await worker.eventually(() => settles(worker).length === 2);
    expect(await sandbox.ledger()).toHaveLength(effects[GUARD]);
    expect(await sandbox.waiting(queueNames.jobs)).toBe(0);
  });

  test.for([
    ['memory-set', 2],
    ['atomic-claim', 1],
  ] as const)('one in each of two processes under %s: %i', async ([GUARD, count]) => {
    await using sandbox = await Sandbox.open();
    const gates = [await sandbox.gate(), await sandbox.gate()];
    const workers = gates.map((gate, index) => {
      gate.snare(sandbox.name, 'command');
      return sandbox.worker({ GUARD, ROLE: `worker-${index + 1}`, REDIS_URL: gate.url });
    });
    for (const worker of workers) await worker.ready();
    await sandbox.publish(key, key);
    for (const worker of workers) await worker.eventually(() => worker.events.length === 1);
    for (const gate of gates) gate.open();
    for (const worker of workers) await worker.eventually(() => settles(worker).length === 1);
    expect(await sandbox.ledger()).toHaveLength(count);
  });
});

describe('a worker that dies', () => {
  test.for([
    ['none', 2, 'effect ok applied'],
    ['memory-set', 2, 'effect ok applied'],
    ['check-then-act', 2, 'effect ok applied'], // it died between the effect and its mark
    ['trust-redelivered', 1, 'effect ok skipped'],
    ['atomic-claim', 1, 'effect ok duplicate'],
  ] as const)(
    'after the effect, before the ack, under %s: %i effects',
    async ([GUARD, count, second]) => {
      await using sandbox = await Sandbox.open();
      const successor = await dieAt(
        sandbox,
        GUARD,
        sandbox.keys.ledger,
        'reply',
        async () => (await sandbox.ledger()).length === 1,
      );
      expect(successor.story(key)).toEqual(['attempt invoke', second, 'settle ok acked']);
      expect(await sandbox.ledger()).toHaveLength(count);
      expect(await sandbox.waiting(queueNames.jobs)).toBe(0);
    },
  );

  test.for([
    ['trust-redelivered', 0], // the placebo loses the work
    ['atomic-claim', 1],
  ] as const)('before the effect, under %s: %i effects', async ([GUARD, count]) => {
    await using sandbox = await Sandbox.open();
    await dieAt(sandbox, GUARD, sandbox.keys.ledger, 'command', () => true);
    expect(await sandbox.ledger()).toHaveLength(count);
  });

  test('between claim and effect loses the job under split-claim', async () => {
    await using sandbox = await Sandbox.open();
    const claimed = async () => (await sandbox.redis.hexists(sandbox.keys.claims, key)) === 1;
    const successor = await dieAt(sandbox, 'split-claim', sandbox.keys.claims, 'reply', claimed);
    expect(successor.story(key)).toContain('effect ok duplicate');
    expect(await sandbox.ledger()).toEqual([]);
    expect(await sandbox.waiting(queueNames.jobs)).toBe(0);
  });
});

/** Kills a worker at a command to the store and lets a second one take over until it has settled. */
async function dieAt(
  sandbox: Sandbox,
  GUARD: string,
  command: string,
  keep: 'command' | 'reply',
  reached: () => boolean | Promise<boolean>,
): Promise<Program> {
  const gate = await sandbox.gate();
  gate.snare(command, keep);
  await sandbox.declare();
  await sandbox.publish(key);
  const first = sandbox.worker({ GUARD, REDIS_URL: gate.url });
  await first.eventually(async () => gate.closed && (await reached()));
  first.kill('SIGKILL');
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(first.story(key)).toEqual(['attempt invoke']); // written before it died, and nothing lost
  gate.cut();
  const second = sandbox.worker({ GUARD, ROLE: 'worker-2' });
  await second.eventually(() => settles(second).length === 1);
  return second;
}

function settles(worker: Program) {
  return worker.events.filter(({ op }) => op === 'settle');
}
