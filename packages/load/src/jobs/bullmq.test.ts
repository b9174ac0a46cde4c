import { expect, test } from 'vitest';

import { settingOf } from '../testing/setting.ts';
import { callersBackoff, jobOptionsOf } from './bullmq.ts';

const reEnqueue = { topology: 're-enqueue', transport: 'bullmq' } as const;

test('lets BullMQ try again by its own rules where the policy has such', () => {
  expect(jobOptionsOf(settingOf({ ...reEnqueue, policy: 'bullmq-exponential' }))).toMatchObject({
    attempts: 4,
    backoff: { type: 'exponential', delay: 100, jitter: 0 },
  });
});

test('asks the policy in the backoff of every other job', () => {
  expect(jobOptionsOf(settingOf({ ...reEnqueue, policy: 'token-bucket' }))).toMatchObject({
    attempts: 4,
    backoff: { type: callersBackoff },
  });
});

test.for(['in-slot', 'lease'] as const)('leaves trying again to the pool: %s', (topology) => {
  const options = jobOptionsOf(settingOf({ topology, transport: 'bullmq', policy: 'immediate' }));
  expect(options.attempts).toBe(1);
  expect(options.backoff).toBeUndefined();
});
