import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { everywhere } from '../parts/topologies.ts';
import type { Policy } from '../policy.ts';

export const immediate: Policy = {
  name: 'immediate',
  title: 'immediate',
  family: 'attempts',
  summary: 'Tries again at once until the attempts are used up.',
  source: 'default of many clients; the retry of Huang et al., OSDI 2022 (4 immediate resends)',
  topologies: everywhere,
  facts: ({ attempts }) => attemptsFacts(attempts),
  caller: ({ attempts }) => attemptsCaller(attempts, atOnce),
  bullmq: ({ attempts }) => ({ attempts, backoff: null }),
};
