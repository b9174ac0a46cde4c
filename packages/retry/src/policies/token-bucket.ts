import { atOnce } from '../parts/attempts.ts';
import { budgetCaller, budgetFacts, type Budget } from '../parts/budget.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Policy } from '../policy.ts';

const perSuccess = 0.1;
const size = 5;

/** Retries are paid for by successes, so a storm starves itself of them. */
export const tokenBucket: Policy = {
  name: 'token-bucket',
  title: 'token bucket 10 %',
  family: 'budget',
  summary: 'Every success earns a tenth of a retry; at most 5 are saved up.',
  source: 'Brooker, "Fixing retries with token buckets and circuit breakers", 2022',
  topologies: whereCallersRetry,
  facts: ({ attempts }) =>
    budgetFacts({
      attempts,
      beta: perSuccess,
      reserve: size,
      parameters: { tokensPerSuccess: perSuccess, tokensMax: size },
    }),
  caller: ({ attempts }) => budgetCaller(attempts, bucket(), atOnce),
};

/** Counted in tenths, which are whole: ten times 0.1 is not 1. */
function bucket(): Budget {
  const cost = Math.round(1 / perSuccess);
  const full = size * cost;
  let tenths = full;
  return {
    began: () => {},
    spend() {
      if (tenths < cost) return false;
      tenths -= cost;
      return true;
    },
    succeeded() {
      tenths = Math.min(full, tenths + 1);
    },
  };
}
