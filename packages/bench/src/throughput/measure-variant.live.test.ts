/** Each variant on real brokers, with few jobs: it delivers exactly, and what it made is gone. */
import { transports } from '@lab/contract';
import { openLaboratory, type Laboratory } from '@lab/harness';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { measureVariant } from './measure-variant.ts';
import { variants } from './variants.ts';

let lab: Laboratory;
let redis: Redis;

beforeAll(async () => {
  redis = new Redis(inject('redisUrl'));
  lab = await openLaboratory({
    runtime: 'attached',
    attach: {
      rabbitmq: inject('rabbitmqUrl'),
      management: inject('managementUrl'),
      redis: inject('redisUrl'),
      toxiproxy: inject('toxiproxyUrl'),
    },
  });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  redis.disconnect();
});

const small = {
  jobs: 300,
  warmUpJobs: 100,
  prefetch: 20,
  queueType: 'quorum',
  limitMs: 20_000,
} as const;

describe.each(transports)('on %s', (transport) => {
  test.each(variants.map((variant) => [variant.name, variant] as const))(
    '%s delivers every job exactly once and leaves nothing behind',
    async (_, variant) => {
      const measured = await measureVariant(lab, { ...small, transport, variant });
      expect(measured.delivery).toMatchObject({ jobs: 400, effects: 400, exact: true });
      expect(measured.jobsPerS).toBeGreaterThan(0);
      expect(measured.historyBytes > 0).toBe(variant.history);
      expect(await redis.keys(`*${lab.session.id}*`)).toEqual([]);
      expect(await lab.brokers.rabbitmq.listOwnVhosts()).toEqual([]);
    },
  );
});

test('a run that is interrupted ends its worker and leaves nothing behind', async () => {
  const controller = new AbortController();
  const [variant] = variants;
  const measuring = measureVariant(
    { ...lab, signal: controller.signal },
    { ...small, jobs: 200_000, transport: 'bullmq', variant },
  );
  controller.abort(new Error('interrupted'));
  await expect(measuring).rejects.toThrow('interrupted');
  expect(await redis.keys(`*${lab.session.id}*`)).toEqual([]);
});
