import { queueNames } from '@lab/contract';
import type { Program } from '@lab/contract/testing';
import { describe, expect, inject, test } from 'vitest';

import { makeJobs } from './jobs.ts';
import { Sandbox } from './testing/sandbox.ts';

describe('publishing to RabbitMQ', () => {
  test('publishes every job persistent, under its key, and records what was accepted', async () => {
    await using sandbox = await Sandbox.open();
    const producer = sandbox.producer({ JOBS: '12', CONFIRM_WINDOW: '4' });
    expect(await producer.exited).toEqual({ code: 0, signal: null });
    expect(producer.stdout).toBe('ready\n');
    const jobs = makeJobs(12, 7);
    expect((await sandbox.accepted()).toSorted(byKey)).toEqual(jobs);
    const messages = await sandbox.messages();
    expect(messages.map(({ content }) => JSON.parse(content.toString()))).toEqual(jobs);
    expect(messages[0]?.properties).toMatchObject({
      messageId: 'job-0001',
      correlationId: 'flow-7-0001',
      headers: { causationId: 'order-7-0001' },
      deliveryMode: 2,
    });
    expect(producer.story('job-0012')).toEqual(['publish invoke', 'publish ok']);
    expect(producer.stderr).toContain('"key":"job-0001","correlationId":"flow-7-0001"');
  });

  test('keeps no more unconfirmed than the window', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate(sandbox.rabbitmqUrl);
    gate.snare('job-0001', 'reply');
    const producer = sandbox.producer({
      JOBS: '30',
      CONFIRM_WINDOW: '5',
      RABBITMQ_URL: gate.url,
    });
    await producer.eventually(() => gate.closed && producer.events.length === 5);
    gate.open();
    expect((await producer.exited).code).toBe(0);
    expect(mostInFlight(producer)).toBe(5);
    expect(await sandbox.messages()).toHaveLength(30);
  });

  test('an unroutable job is a failure, though the broker confirms it', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate(sandbox.rabbitmqUrl);
    gate.snare('job-0001', 'command');
    const producer = sandbox.producer({ JOBS: '2', RABBITMQ_URL: gate.url });
    await producer.eventually(() => gate.closed);
    const channel = await sandbox.channel();
    await channel.deleteQueue(queueNames.jobs);
    gate.open();
    expect((await producer.exited).code).toBe(1);
    expect(producer.story('job-0001').at(-1)).toBe('publish fail returned: no queue takes it');
    expect(await sandbox.accepted()).toEqual([]);
  });

  test('a job the broker refuses is a failure', async () => {
    await using sandbox = await Sandbox.open();
    await sandbox.management('PUT', `policies/${sandbox.name}/full`, {
      pattern: `^${queueNames.jobs}$`,
      definition: { 'max-length': 1, overflow: 'reject-publish' },
      'apply-to': 'queues',
    });
    const producer = sandbox.producer({ JOBS: '4', CONFIRM_WINDOW: '1' });
    expect((await producer.exited).code).toBe(1);
    expect(producer.story('job-0001').at(-1)).toBe('publish ok');
    expect(producer.story('job-0004').at(-1)).toBe('publish fail nacked by the broker');
    expect((await sandbox.accepted()).length).toBe((await sandbox.messages()).length);
  });

  test('a connection lost before the confirm leaves info, not fail: the broker has the job', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate(sandbox.rabbitmqUrl);
    gate.snare('job-0001', 'reply');
    const settings = { JOBS: '3', CONFIRM_WINDOW: '1', RABBITMQ_URL: gate.url };
    const producer = sandbox.producer(settings);
    await producer.eventually(() => gate.closed);
    const channel = await sandbox.channel();
    await producer.eventually(
      async () => (await channel.checkQueue(queueNames.jobs)).messageCount === 1,
    );
    gate.cut();
    expect((await producer.exited).code).toBe(1);
    expect(producer.story('job-0001').at(-1)).toBe('publish info channel closed');
    expect(producer.story('job-0002').at(-1)).toMatch(/^publish fail not sent: /);
    expect(await sandbox.accepted()).toEqual([]);
  });

  test('SIGTERM takes no further job and gives those in flight their outcome', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate(sandbox.rabbitmqUrl);
    gate.snare('job-0001', 'reply');
    const settings = { JOBS: '9', CONFIRM_WINDOW: '2', RABBITMQ_URL: gate.url };
    const producer = sandbox.producer(settings);
    await producer.eventually(() => gate.closed && producer.events.length === 2);
    producer.kill('SIGTERM');
    await producer.eventually(() => producer.stderr.includes('stopping'));
    gate.open();
    expect(await producer.exited).toEqual({ code: 1, signal: null }); // seven were never published
    expect((await sandbox.accepted()).map(({ key }) => key).toSorted()).toEqual([
      'job-0001',
      'job-0002',
    ]);
  });
});

describe('publishing to BullMQ', () => {
  const TRANSPORT = 'bullmq';

  test('adds every job under its key, once, however often it runs', async () => {
    await using sandbox = await Sandbox.open();
    for (let run = 0; run < 2; run++) {
      const producer = sandbox.producer({ TRANSPORT, JOBS: '8', ATTEMPTS: '2' });
      expect(await producer.exited).toEqual({ code: 0, signal: null });
    }
    const jobs = await sandbox.queue.getWaiting();
    expect(jobs.map(({ data }) => data).toSorted(byKey)).toEqual(makeJobs(8, 7));
    for (const { id, data } of jobs) expect(id).toBe(data.key);
    expect(jobs[0]?.opts).toMatchObject({ attempts: 2, removeOnComplete: false });
    expect(await sandbox.accepted()).toHaveLength(16);
  });

  test('a connection lost before the reply leaves info: the job may be there', async () => {
    await using sandbox = await Sandbox.open();
    const gate = await sandbox.gate(inject('redisUrl'));
    gate.snare('flow-7-0001', 'reply');
    const producer = sandbox.producer({ TRANSPORT, JOBS: '1', REDIS_URL: gate.url });
    await producer.eventually(
      async () => gate.closed && (await sandbox.queue.getWaitingCount()) === 1,
    );
    gate.cut();
    expect((await producer.exited).code).toBe(1);
    expect(producer.story('job-0001').at(-1)).toMatch(/^publish info /);
  });
});

describe('starting', () => {
  test('names every variable that is wrong and exits 64', async () => {
    await using sandbox = await Sandbox.open();
    const producer = sandbox.producer({ JOBS: '0', SEED: undefined });
    expect(await producer.exited).toEqual({ code: 64, signal: null });
    expect(producer.stderr).toMatch(/^producer: wrong environment: .*JOBS: .*; SEED is not set/);
  });

  test.for([
    ['RabbitMQ', { RABBITMQ_URL: 'amqp://127.0.0.1:1/' }],
    ['Redis', { REDIS_URL: 'redis://127.0.0.1:1' }],
  ] as const)('says that %s refuses and exits 3', async ([server, settings]) => {
    await using sandbox = await Sandbox.open();
    const producer = sandbox.producer({ JOBS: '1', ...settings });
    expect((await producer.exited).code).toBe(3);
    expect(producer.stderr).toContain(`producer: cannot reach ${server} at 127.0.0.1:1: `);
  });
});

/** From its own events: publishes begun and not ended. */
function mostInFlight(producer: Program): number {
  let inFlight = 0;
  let most = 0;
  for (const { phase } of producer.events) {
    inFlight += phase === 'invoke' ? 1 : -1;
    most = Math.max(most, inFlight);
  }
  return most;
}

function byKey(a: { key: string }, b: { key: string }): number {
  return a.key.localeCompare(b.key);
}
