import { describe, expect, test } from 'vitest';

import { Sandbox } from './testing/sandbox.ts';

describe('starting', () => {
  test('names every variable that is wrong and exits 64', async () => {
    await using sandbox = await Sandbox.open();
    const worker = sandbox.worker({ GUARD: 'no-such-guard', REDIS_URL: 'nowhere' });
    expect(await worker.exited).toEqual({ code: 64, signal: null });
    expect(worker.stderr).toMatch(/^worker: wrong environment: .*REDIS_URL.*GUARD/);
  });

  test('asks for RABBITMQ_URL where the transport needs it', async () => {
    await using sandbox = await Sandbox.open();
    const worker = sandbox.worker({ GUARD: 'none', RABBITMQ_URL: undefined });
    expect((await worker.exited).code).toBe(64);
    expect(worker.stderr).toContain('RABBITMQ_URL is not set');
  });

  test('says that RabbitMQ refuses and exits 3', async () => {
    await using sandbox = await Sandbox.open();
    const worker = sandbox.worker({ GUARD: 'none', RABBITMQ_URL: 'amqp://127.0.0.1:1/' });
    expect((await worker.exited).code).toBe(3);
    expect(worker.stderr).toMatch(
      /worker: cannot reach RabbitMQ at 127\.0\.0\.1:1: .*ECONNREFUSED/,
    );
  });

  test.for(['rabbitmq', 'bullmq'])(
    'says that Redis refuses and exits 3 (%s)',
    async (TRANSPORT) => {
      await using sandbox = await Sandbox.open();
      const REDIS_URL = 'redis://127.0.0.1:1';
      const worker = sandbox.worker({ GUARD: 'none', TRANSPORT, REDIS_URL });
      expect((await worker.exited).code).toBe(3);
      expect(worker.stderr).toMatch(/worker: cannot reach Redis at 127\.0\.0\.1:1: .*ECONNREFUSED/);
    },
  );
});
