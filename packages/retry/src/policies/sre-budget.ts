import { atOnce } from '../parts/attempts.ts';
import { type Budget, budgetCaller, budgetFacts } from '../parts/budget.ts';
import { scaledMs } from '../parts/scale.ts';
import { SlidingSum } from '../parts/sliding-sum.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Policy, PolicySetting } from '../policy.ts';

const attemptsPerRequest = 3;
/** The other way round than 10 %, so that the comparison is one of whole numbers. */
const jobsPerRetry = 10;

/** The source names no window for the share; ten seconds are what Finagle's deposits live. */
const windowMs = 10_000;

export const sreBudget: Policy = {
  name: 'sre-budget',
  title: 'SRE: 3 attempts and 10 %',
  family: 'budget',
  summary:
    'At most 3 attempts a job, and retries are at most a tenth of the jobs of the last 10 s.',
  source: 'Google SRE, "Handling Overload": per-request and per-client retry budgets',
  topologies: whereCallersRetry,
  facts(setting) {
    const jobsPerWindow =
      ((setting.offeredPerS / setting.clients) * scaledMs(setting, windowMs)) / 1000;
    return budgetFacts({
      attempts: attemptsOf(setting),
      beta: 1 / jobsPerRetry,
      reserve: Math.floor(jobsPerWindow / jobsPerRetry),
      parameters: { retriesPerJobMax: 1 / jobsPerRetry, windowMs: scaledMs(setting, windowMs) },
    });
  },
  caller: (setting) => budgetCaller(attemptsOf(setting), share(setting), atOnce),
};

function attemptsOf({ attempts }: PolicySetting): number {
  return Math.min(attempts, attemptsPerRequest);
}

function share(setting: PolicySetting): Budget {
  const jobs = new SlidingSum(scaledMs(setting, windowMs));
  const retries = new SlidingSum(scaledMs(setting, windowMs));
  return {
    began: (nowMs) => jobs.add(nowMs, 1),
    spend(nowMs) {
      if ((retries.sum(nowMs) + 1) * jobsPerRetry > jobs.sum(nowMs)) return false;
      retries.add(nowMs, 1);
      return true;
    },
    succeeded: () => {},
  };
}
