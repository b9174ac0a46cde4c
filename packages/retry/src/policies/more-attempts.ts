import { atOnce, attemptsCaller, attemptsFacts } from '../parts/attempts.ts';
import { everywhere } from '../parts/topologies.ts';
import type { Policy } from '../policy.ts';

/** Deliberately not the setting's number: twice what is usual there. */
const attempts = 8;

/** Placebo: "it fails, so try more often" lowers the load at which the system stays down. */
export const moreAttempts: Policy = {
  name: 'more-attempts',
  title: '8 attempts',
  family: 'attempts',
  summary: 'Tries again at once, up to 8 attempts.',
  source: 'placebo: rho* = 1 / A_max falls to 1/8',
  topologies: everywhere,
  facts: () => attemptsFacts(attempts),
  caller: () => attemptsCaller(attempts, atOnce),
  bullmq: () => ({ attempts, backoff: null }),
};
