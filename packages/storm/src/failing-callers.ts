/** What callers do while no attempt is ever answered, asked of the policy's own code. */
import type { LoadSetting } from '@lab/contract';
import { policyNamed } from '@lab/retry';
import { streamOf } from '@lab/workload';

/** Jobs to take a mean of, and most attempts to look at of each. */
const jobs = 400;
const attemptsMost = 100;

/**
 * Mean time from a job's first attempt to its k-th when each is given up after T, ms; nought for the first. As many as
 * the policy allows a job, where no budget or breaker stands in the way: each job has a fresh caller.
 */
export function attemptOffsetsMs(setting: LoadSetting): number[] {
  const random = streamOf(setting.seed, 'law');
  const sums: number[] = [];
  for (let job = 0; job < jobs; job++) {
    const caller = policyNamed(setting.policy).caller(setting, random);
    caller.begin(0);
    let sentMs = 0;
    let previousDelayMs = 0;
    for (let attempt = 1; attempt <= attemptsMost; attempt++) {
      sums[attempt - 1] = (sums[attempt - 1] ?? 0) + sentMs;
      const failedMs = sentMs + setting.timeoutMs;
      const delayMs = caller.failed(failedMs, { attempt, reason: 'timeout', previousDelayMs });
      if (delayMs === null) break;
      sentMs = failedMs + delayMs;
      previousDelayMs = delayMs;
    }
  }
  return sums.map((sum) => sum / jobs);
}

/**
 * Attempts a job once a caller's reserve is spent: 1 where a budget is earned by successes, 1 + beta where it is earned
 * by jobs. Its jobs come at even distances.
 */
export function attemptsOnceSpent(setting: LoadSetting): number {
  const caller = policyNamed(setting.policy).caller(setting, streamOf(setting.seed, 'law'));
  const everyMs = (1000 * setting.clients) / setting.offeredPerS;
  let attempts = 0;
  for (let job = 0; job < 10 * jobs; job++) {
    const nowMs = job * everyMs;
    const counts = job >= 5 * jobs;
    if (!caller.begin(nowMs)) continue;
    for (let attempt = 1; attempt <= attemptsMost; attempt++) {
      if (counts) attempts += 1;
      const failure = { attempt, reason: 'timeout', previousDelayMs: 0 } as const;
      if (caller.failed(nowMs, failure) === null) break;
    }
  }
  return attempts / (5 * jobs);
}
