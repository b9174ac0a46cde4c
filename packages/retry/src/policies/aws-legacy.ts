import { budgetCaller, budgetFacts } from '../parts/budget.ts';
import { fullJitterMs } from '../parts/jitter.ts';
import { attemptsOfStandardMode, quotaBudget, quotaCapacity } from '../parts/retry-quota.ts';
import { scaledMs } from '../parts/scale.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { AttemptFailure, Policy, PolicySetting } from '../policy.ts';

const timeoutCost = 10;
const otherCost = 5;

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
        baseMs: scaledMs(setting, 100),
        throttlingBaseMs: scaledMs(setting, 500),
        capMs: scaledMs(setting, 20_000),
      },
    }),
  caller: (setting, random) =>
    budgetCaller(
      attemptsOf(setting),
      quotaBudget({
        capacity: quotaCapacity,
        costOf: (reason) => (reason === 'timeout' ? timeoutCost : otherCost),
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
    baseMs: scaledMs(setting, reason === 'rejected' ? 500 : 100),
    capMs: scaledMs(setting, 20_000),
  };
}
