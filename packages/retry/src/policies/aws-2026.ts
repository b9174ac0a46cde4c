import { budgetFacts } from '../parts/budget.ts';
import {
  attemptsOf,
  backoffParameters,
  quotaCapacity,
  standardModeCaller,
  type StandardMode,
} from '../parts/retry-quota.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Policy } from '../policy.ts';

const transientCost = 14;
const throttlingCost = 5;

const mode: StandardMode = {
  costOf: (reason) => (reason === 'rejected' ? throttlingCost : transientCost),
  baseMs: 50,
  throttlingBaseMs: 1000,
};

export const aws2026: Policy = {
  name: 'aws-2026',
  title: 'AWS SDK 2026',
  family: 'budget',
  summary: 'A quota of 500; a retry costs 14, after throttling 5; full jitter; 3 attempts.',
  source: 'AWS SDKs and Tools guide, AWS_NEW_RETRIES_2026; aws-sdk-cpp #3832',
  topologies: whereCallersRetry,
  facts: (setting) =>
    budgetFacts({
      attempts: attemptsOf(setting),
      beta: 1 / transientCost,
      reserve: Math.floor(quotaCapacity / transientCost),
      parameters: {
        quota: quotaCapacity,
        transientCost,
        throttlingCost,
        ...backoffParameters(setting, mode),
      },
    }),
  caller: (setting, random) => standardModeCaller(setting, mode, random),
};
