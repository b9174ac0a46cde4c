/** The pool as its operator runs it, on each broker that can hold its jobs, with and without a server to call. */
import {
  exitCodes,
  loadQueues,
  monotonicMs,
  type LoadSetting,
  type LoadTopology,
  type Transport,
} from '@lab/contract';
import type { RequestMessage } from '@lab/workload';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';

import { openJobQueue } from './jobs/job-queue.ts';
import { delayQueue } from './jobs/rabbitmq.ts';
import { counted, LoadSandbox, quick } from './testing/load-sandbox.ts';

const log = pino({ level: 'silent' });

/** Where a server answers: a timeout that a busy machine does not reach. */
const patient: LoadSetting = { ...quick, timeoutMs: 1500 };

const kinds: readonly { topology: LoadTopology; transport: Transport }[] = [
  { topology: 'in-slot', transport: 'rabbitmq' },
  { topology: 're-enqueue', transport: 'rabbitmq' },
  { topology: 'in-slot', transport: 'bullmq' },
  { topology: 're-enqueue', transport: 'bullmq' },
  { topology: 'lease', transport: 'bullmq' },
];
const retrying = kinds.filter(({ topology }) => topology !== 'lease');

describe('the pool', () => {
  test.for(kinds)(
    'makes one attempt of every job while all is well: $topology on $transport',
    async (kind) => {
      await using sandbox = await LoadSandbox.open();
      const setting = { ...patient, ...kind };
      const server = await sandbox.start('server', setting).ready();
      const pool = await sandbox.start('pool', setting).ready();

      await putJobs(sandbox, setting, 20);

      await pool.eventually(() => counted(pool, 'succeeded') === 20);
      expect(await pool.stop()).toEqual({ code: exitCodes.ok, signal: null });
      await server.stop();
      expect(counted(pool, 'delivered', loadQueues.jobs)).toBe(20);
      expect(counted(pool, 'reached')).toBe(20);
      expect(counted(server, 'served')).toBe(20);
    },
  );

  test.for(retrying)(
    'sends as many attempts into the queue as the policy allows when nobody answers: $topology on $transport',
    async (kind) => {
      await using sandbox = await LoadSandbox.open();
      const setting = { ...quick, ...kind, attempts: 3 };
      const pool = await sandbox.start('pool', setting).ready();

      await putJobs(sandbox, setting, 4);

      await pool.eventually(() => counted(pool, 'failed') === 4);
      expect(await sandbox.ready()).toBe(4 * 3);
      expect(await attemptsInOrder(sandbox, 0)).toEqual([1, 2, 3]);
      await pool.stop();
      expect(counted(pool, 'reached')).toBe(4 * 3);
      expect(counted(pool, 'timedOut')).toBe(4 * 3);
    },
  );

  test.for(kinds)(
    'has no more attempts under way than slots: $topology on $transport',
    async (kind) => {
      await using sandbox = await LoadSandbox.open();
      const setting = { ...quick, ...kind, timeoutMs: 60_000, concurrency: 3 };
      const pool = await sandbox.start('pool', setting).ready();

      await putJobs(sandbox, setting, 10);

      await pool.eventually(async () => (await sandbox.ready()) === 3);
      await pool.eventually(async () => (await waitingJobs(sandbox, setting)) === 7);
      expect(await sandbox.ready()).toBe(3);
    },
  );

  test('runs a job whose lease has ended in a second slot, and never a third time', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting: LoadSetting = { ...quick, topology: 'lease', transport: 'bullmq' };
    const pool = await sandbox.start('pool', setting).ready();

    await putJobs(sandbox, setting, 2);

    await pool.eventually(() => counted(pool, 'failed') === 2);
    expect(await sandbox.ready()).toBe(4);
    expect(await attemptsInOrder(sandbox, 1)).toEqual([1, 2]);
    await pool.stop();
    expect(counted(pool, 'reached')).toBe(4);
    expect(counted(pool, 'succeeded')).toBe(0);
  });

  test('keeps the slot of a run that outlived its lease until the answer is there', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting: LoadSetting = {
      ...patient,
      topology: 'lease',
      transport: 'bullmq',
      concurrency: 1,
    };
    const pool = await sandbox.start('pool', setting).ready();
    await putJobs(sandbox, setting, 2);
    await pool.eventually(() => counted(pool, 'timedOut') === 1);
    expect(await sandbox.ready()).toBe(1);

    const server = await sandbox.start('server', setting).ready();

    await pool.eventually(() => counted(pool, 'succeeded') === 2);
    await server.stop();
    expect(counted(pool, 'late')).toBe(1);
  });

  test.for([
    { policy: 'fixed', delayMs: 800 },
    { policy: 'bullmq-fixed', delayMs: 800 },
  ])('gives a job back to BullMQ with the delay of the policy: $policy', async (kind) => {
    await using sandbox = await LoadSandbox.open();
    const setting = failingAtOnce({ policy: kind.policy, transport: 'bullmq' });
    await sandbox.start('server', setting).ready();
    const pool = await sandbox.start('pool', setting).ready();

    await putJobs(sandbox, setting, 1);

    await pool.eventually(async () => {
      const [job] = await sandbox.queue.getDelayed();
      return job?.delay === kind.delayMs;
    });
    await pool.eventually(async () => (await sandbox.queue.getJobCountByTypes()) === 0);
    await pool.stop();
    expect(counted(pool, 'errors')).toBe(2);
    expect(counted(pool, 'failed')).toBe(1);
  });

  test('gives a job back to RabbitMQ through the queue of its delay', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting = failingAtOnce({ policy: 'fixed', transport: 'rabbitmq' });
    await sandbox.start('server', setting).ready();
    const pool = await sandbox.start('pool', setting).ready();

    await putJobs(sandbox, setting, 1);

    await pool.eventually(async () => (await sandbox.ready(delayQueue(800))) === 1);
    await pool.eventually(() => counted(pool, 'failed') === 1);
    await pool.stop();
    expect(counted(pool, 'errors')).toBe(2);
    expect(await sandbox.ready(delayQueue(800))).toBe(0);
  });

  test.for([{ transport: 'rabbitmq' }, { transport: 'bullmq' }] as const)(
    'goes on after its connections were closed: jobs on $transport',
    async ({ transport }) => {
      await using sandbox = await LoadSandbox.open();
      const setting: LoadSetting = { ...patient, transport };
      await sandbox.start('server', setting).ready();
      const pool = await sandbox.start('pool', setting).ready();

      await sandbox.closeConnections();
      await putJobs(sandbox, setting, 5);

      await pool.eventually(() => counted(pool, 'succeeded') === 5);
      expect(pool.stderr).toContain('amqp disconnected');
    },
  );

  test.for([
    { topology: 'rpc', transport: 'rabbitmq', says: 'topology rpc has no pool' },
    { topology: 'lease', transport: 'rabbitmq', says: 'RabbitMQ has no lease this short' },
  ] as const)('refuses $topology on $transport', async ({ says, ...kind }) => {
    await using sandbox = await LoadSandbox.open();
    const pool = sandbox.start('pool', { ...quick, ...kind });
    expect(await pool.exited).toEqual({ code: exitCodes.usage, signal: null });
    expect(pool.stderr).toContain(says);
  });
});

/** Puts jobs as the client does, numbered from 0, all due now, and waits until the broker has them. */
async function putJobs(sandbox: LoadSandbox, setting: LoadSetting, jobs: number): Promise<void> {
  const queue = await openJobQueue(sandbox.environment(setting), log);
  const now = monotonicMs();
  const times = { startedAt: now, dueAt: now, sentAt: now };
  const outcomes = await Promise.all(
    Array.from({ length: jobs }, (_, job) =>
      queue.put({ job, ...times, attemptsMade: 0, previousDelayMs: 0 }),
    ),
  );
  await queue.close();
  expect(new Set(outcomes)).toEqual(new Set(['taken']));
}

/** Empties the request queue. @returns the attempts of one job in the order in which they came */
async function attemptsInOrder(sandbox: LoadSandbox, job: number): Promise<number[]> {
  const attempts: number[] = [];
  for (let left = await sandbox.ready(); left > 0; left--) {
    const message = await sandbox.take();
    if (message === false) break;
    const request = JSON.parse(message.content.toString()) as RequestMessage;
    if (request.job === job) attempts.push(request.attempt);
  }
  return attempts;
}

function waitingJobs(sandbox: LoadSandbox, { transport }: LoadSetting): Promise<number> {
  return transport === 'bullmq' ? sandbox.queue.getWaitingCount() : sandbox.ready(loadQueues.jobs);
}

/** Every request is answered with an error, at once; the second attempt is the last, and comes long after. */
function failingAtOnce(kind: Pick<LoadSetting, 'policy' | 'transport'>): LoadSetting {
  return {
    ...quick,
    ...kind,
    topology: 're-enqueue',
    failureRate: 1,
    attempts: 2,
    timeoutMs: 2000,
  };
}
