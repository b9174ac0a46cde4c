import { atOnce } from '../parts/attempts.ts';
import { type Budget, budgetCaller, budgetFacts } from '../parts/budget.ts';
import { scaledMs, scaledPerS } from '../parts/scale.ts';
import { SlidingSum } from '../parts/sliding-sum.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Policy, PolicySetting } from '../policy.ts';

const retryShare = 0.2;
const retriesPerSMin = 10;
const ttlMs = 10_000;
/** Tokens, so that all sums are whole: a job puts in one, a retry takes five. */
const tokensPerRetry = Math.round(1 / retryShare);

/**
 * Deposits and withdrawals both lapse after the time to live; on top of what is left lies a reserve of
 * 10 retries/s x ttl, which is therefore granted anew every ttl to every client, whether it has any traffic or not.
 */
export const finagle: Policy = {
  name: 'finagle',
  title: 'Finagle 20 % + 10/s',
  family: 'budget',
  summary:
    'Every job pays a fifth of a retry, lapsing after 10 s; each client may add 10 retries a second.',
  source: 'Finagle, RetryBudget defaults: percentCanRetry 0.2, minRetriesPerSec 10, ttl 10 s',
  topologies: whereCallersRetry,
  facts(setting) {
    const { attempts, clients, offeredPerS } = setting;
    const perS = scaledPerS(setting, retriesPerSMin);
    return budgetFacts({
      attempts,
      beta: retryShare + (perS * clients) / offeredPerS,
      reserve: Math.floor(
        reserveOf(setting) +
          (retryShare * (offeredPerS / clients) * scaledMs(setting, ttlMs)) / 1000,
      ),
      parameters: {
        retriesPerJob: retryShare,
        retriesPerSMin: perS,
        ttlMs: scaledMs(setting, ttlMs),
      },
    });
  },
  caller: (setting) => budgetCaller(setting.attempts, deposits(setting), atOnce),
};

/** Retries: the rate and the time to live scale against each other. */
function reserveOf(setting: PolicySetting): number {
  return (scaledPerS(setting, retriesPerSMin) * scaledMs(setting, ttlMs)) / 1000;
}

function deposits(setting: PolicySetting): Budget {
  const balance = new SlidingSum(scaledMs(setting, ttlMs));
  const reserve = reserveOf(setting) * tokensPerRetry;
  return {
    began: (nowMs) => balance.add(nowMs, 1),
    spend(nowMs) {
      if (balance.sum(nowMs) + reserve < tokensPerRetry) return false;
      balance.add(nowMs, -tokensPerRetry);
      return true;
    },
    succeeded: () => {},
  };
}
