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

const timeoutCost = 10;
const otherCost = 5;

const mode: StandardMode = {
  costOf: (reason) => (reason === 'timeout' ? timeoutCost : otherCost),
  baseMs: 100,
  throttlingBaseMs: 500,
};

export const awsLegacy: Policy = {
  name: 'aws-legacy',
  title: 'AWS SDK before 2026',
  family: 'budget',
  summary: 'A quota of 500; a retry costs 5, after a timeout 10; full jitter; 3 attempts.',
  source: 'AWS SDK for JavaScript v3, StandardRetryStrategy; smithy-runtime, standard mode',
  topologies: whereCallersRetry,
  facts: (setting) =>
    budgetFacts({
      attempts: attemptsOf(setting),
      // A storm is one of timeouts: ten clean successes pay for one retry.
      beta: 1 / timeoutCost,
      reserve: quotaCapacity / timeoutCost,
      parameters: {
        quota: quotaCapacity,
        timeoutCost,
        otherCost,
        ...backoffParameters(setting, mode),
      },
    }),
  caller: (setting, random) => standardModeCaller(setting, mode, random),
};
