import { budgetCaller, budgetFacts } from '../parts/budget.ts';
import { fullJitterMs } from '../parts/jitter.ts';
import { attemptsOfStandardMode, quotaBudget, quotaCapacity } from '../parts/retry-quota.ts';
import { scaledMs } from '../parts/scale.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { AttemptFailure, Policy, PolicySetting } from '../policy.ts';

const transientCost = 14;
const throttlingCost = 5;

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
        baseMs: scaledMs(setting, 50),
        throttlingBaseMs: scaledMs(setting, 1000),
        capMs: scaledMs(setting, 20_000),
      },
    }),
  caller: (setting, random) =>
    budgetCaller(
      attemptsOf(setting),
      quotaBudget({
        capacity: quotaCapacity,
        costOf: (reason) => (reason === 'rejected' ? throttlingCost : transientCost),
      }),
      ({ attempt, reason }) => fullJitterMs(backoffAfter(setting, reason), attempt, random()),
    ),
};

function attemptsOf({ attempts }: PolicySetting): number {
  return Math.min(attempts, attemptsOfStandardMode);
}

/** A refusal by a full queue is what the SDKs call throttling. */
function backoffAfter(setting: PolicySetting, reason: AttemptFailure['reason']) {
  return {
    baseMs: scaledMs(setting, reason === 'rejected' ? 1000 : 50),
    capMs: scaledMs(setting, 20_000),
  };
}
