import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { everywhere } from '../parts/topologies.ts';
import type { Policy } from '../policy.ts';

/** The control: what the fault does without any retries. */
export const none: Policy = {
  name: 'none',
  title: 'no retry',
  family: 'attempts',
  summary: 'One attempt; a failure is final.',
  source: 'control',
  topologies: everywhere,
  facts: () => attemptsFacts(1),
  caller: () => attemptsCaller(1, atOnce),
  bullmq: () => ({ attempts: 1, backoff: null }),
};
