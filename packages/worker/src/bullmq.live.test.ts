import { describe, expect, test } from 'vitest';

import { dataOf, keysOf, Sandbox } from './testing/sandbox.ts';

const key = 'job-0001';
const lease = { TRANSPORT: 'bullmq', LOCK_DURATION_MS: '1000', STALLED_INTERVAL_MS: '300' };

describe('consuming from BullMQ', () => {
  test('gives every job one effect and completes it', async () => {
    await using sandbox = await Sandbox.open();
    const keys = keysOf(20);
    await sandbox.add(...keys);
    const worker = await sandbox.worker({ ...lease, GUARD: 'none', PREFETCH: '5' }).ready();
    await worker.eventually(() => worker.events.filter(({ op }) => op === 'settle').length === 20);
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect((await sandbox.ledger()).map((entry) => entry.key).toSorted()).toEqual(keys);
    expect(await sandbox.queue.getJobCounts()).toMatchObject({
      completed: 20,
      active: 0,
      waiting: 0,
    });
    expect(worker.story(key)).toEqual([
      'attempt invoke',
      'effect ok applied',
      'settle ok completed',
    ]);
    expect(worker.events[0]).toMatchObject({ correlationId: `flow-${key}`, attempt: 1 });
  });

  test('fails what is not a job for good and goes on', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.queue.add('job', { amount: 'many' }, { jobId: 'broken', attempts: 5 });
    await sandbox.add(key);
    const worker = await sandbox.worker({ ...lease, GUARD: 'none' }).ready();
    await worker.eventually(() => worker.story(key).includes('settle ok completed'));
    const [failed] = await sandbox.queue.getFailed();
    expect(failed).toMatchObject({ id: 'broken', attemptsMade: 1 });
  });

  test('attempts a definite failure as often as the job says', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.redis.set(sandbox.keys.ledger, 'not a list');
    await sandbox.queue.add('job', dataOf(key), { jobId: key, attempts: 3 });
    const worker = await sandbox.worker({ ...lease, GUARD: 'none' }).ready();
    await worker.eventually(async () => (await sandbox.queue.getFailedCount()) === 1);
    const attempts = worker.events.filter(({ op }) => op === 'attempt');
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });
});

describe('an attempt that is cut short', () => {
  test('SIGTERM lets what is in hand end and completes it', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate();
    gate.snare(sandbox.keys.ledger, 'command');
    await sandbox.add(key, 'job-0002');
    const worker = sandbox.worker({ ...lease, GUARD: 'none', REDIS_URL: gate.url });
    await worker.eventually(() => gate.closed);
    worker.kill('SIGTERM');
    await worker.eventually(() => worker.stderr.includes('draining'));
    gate.open();
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(worker.story(key).at(-1)).toBe('settle ok completed');
    expect(await sandbox.queue.getJobCounts()).toMatchObject({
      completed: 1,
      active: 0,
      waiting: 1,
    });
  });

  test.for([
    ['none', 2, 'effect ok applied'],
    ['trust-redelivered', 1, 'effect ok skipped'],
    ['atomic-claim', 1, 'effect ok duplicate'],
  ] as const)(
    'SIGKILL after the effect: a second worker takes the stalled job; %s leaves %i',
    async ([GUARD, count, second]) => {
      await using sandbox = await Sandbox.open();
      const gate = await sandbox.gate();
      gate.snare(sandbox.keys.ledger, 'reply');
      await sandbox.add(key);
      const first = sandbox.worker({ ...lease, GUARD, REDIS_URL: gate.url });
      await first.eventually(async () => (await sandbox.ledger()).length === 1);
      first.kill('SIGKILL');
      await first.exited;
      const successor = sandbox.worker({ ...lease, GUARD, ROLE: 'worker-2' });
      await successor.eventually(() => successor.story(key).includes('settle ok completed'));
      expect(successor.story(key)).toContain(second);
      expect(successor.events[0]).toMatchObject({ op: 'attempt', attempt: 2 });
      expect(await sandbox.ledger()).toHaveLength(count);
    },
  );

  test.for([
    ['none', 2],
    ['check-then-act', 2],
    ['atomic-claim', 1],
  ] as const)(
    'a worker cut off from Redis loses its lock, goes on, and learns it when it settles; %s leaves %i',
    async ([GUARD, count]) => {
      await using sandbox = await Sandbox.open();
      const gate = await sandbox.gate();
      // check-then-act has looked and found nothing when it is held back
      gate.snare(sandbox.keys.ledger, 'command');
      await sandbox.add(key);
      const first = sandbox.worker({ ...lease, GUARD, REDIS_URL: gate.url });
      await first.eventually(() => gate.closed);
      const second = sandbox.worker({ ...lease, GUARD, ROLE: 'worker-2' });
      await second.eventually(() => second.story(key).includes('settle ok completed'));
      gate.open();
      await first.eventually(() => first.events.some(({ op }) => op === 'settle'));
      expect(first.story(key).at(-1)).toMatch(/^settle info Missing (lock|key) for job job-0001/);
      expect(await sandbox.ledger()).toHaveLength(count);
      expect(await first.stop()).toEqual({ code: 0, signal: null });
    },
  );

  test('gives an indefinite effect back without counting it as a failed attempt', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate();
    gate.snare(sandbox.keys.ledger, 'reply');
    await sandbox.queue.add('job', dataOf(key), { jobId: key, attempts: 1 });
    const worker = sandbox.worker({ ...lease, GUARD: 'atomic-claim', REDIS_URL: gate.url });
    await worker.eventually(async () => (await sandbox.ledger()).length === 1);
    gate.cut();
    await worker.eventually(() => worker.story(key).includes('settle ok completed'));
    expect(worker.story(key)).toEqual([
      'attempt invoke',
      expect.stringMatching(/^effect info /),
      'settle ok given back',
      'attempt invoke',
      'effect ok duplicate',
      'settle ok completed',
    ]);
    expect(await sandbox.ledger()).toHaveLength(1);
  });
});
