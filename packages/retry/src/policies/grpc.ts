import { budgetFacts } from '../parts/budget.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Caller, Policy, PolicySetting } from '../policy.ts';

const maxTokens = 10;
const tokenRatio = 0.1;
/** What gRPC accepts as `maxAttempts`; more is read as this. */
const attemptsMax = 5;

/** Thousandths, as the implementations count: adding 0.1 ten times is not 1. */
const whole = 1000;

export const grpc: Policy = {
  name: 'grpc',
  title: 'gRPC (10, 0.1)',
  family: 'budget',
  summary:
    'A failure takes a token, a success gives a tenth; retries while more than half of 10 are left.',
  source: 'gRPC proposal A6, retry throttling: maxTokens 10, tokenRatio 0.1',
  topologies: whereCallersRetry,
  facts: (setting) =>
    budgetFacts({
      attempts: attemptsOf(setting),
      beta: tokenRatio,
      // The fifth failure leaves exactly half, which is not more than half.
      reserve: maxTokens / 2 - 1,
      parameters: { maxTokens, tokenRatio },
    }),
  caller: (setting) => throttled(attemptsOf(setting)),
};

function attemptsOf({ attempts }: PolicySetting): number {
  return Math.min(attempts, attemptsMax);
}

/** Unlike other budgets, every failure costs: that of a last attempt, and one whose retry is refused. */
function throttled(attempts: number): Caller {
  const full = maxTokens * whole;
  let tokens = full;
  return {
    begin: () => true,
    failed(_nowMs, { attempt }) {
      tokens = Math.max(0, tokens - whole);
      return attempt < attempts && tokens > full / 2 ? 0 : null;
    },
    succeeded() {
      tokens = Math.min(full, tokens + tokenRatio * whole);
    },
  };
}
