/**
 * How long BullMQ 6.7 makes a job wait, as its `Backoffs` computes it: no cap, and with jitter j anything from (1 - j)
 * of the delay to the whole of it, in whole ms. The caller draws from a seeded stream where BullMQ draws from
 * `Math.random`.
 */
import type { BullmqRules, Caller, PolicyFacts } from '../policy.ts';
import { attemptsCaller, attemptsFacts } from './attempts.ts';

type BullmqBackoff = NonNullable<BullmqRules['backoff']>;

/** @param attemptsMade 1 after the first failure, as BullMQ counts @returns ms */
function bullmqDelayMs(
  { type, delay, jitter }: BullmqBackoff,
  attemptsMade: number,
  random: () => number,
): number {
  const longest = type === 'fixed' ? delay : Math.round(2 ** (attemptsMade - 1) * delay);
  if (jitter <= 0) return longest;
  return Math.floor(random() * longest * jitter + longest * (1 - jitter));
}

export function bullmqCaller(rules: BullmqRules, random: () => number): Caller {
  return attemptsCaller(rules.attempts, ({ attempt }) =>
    rules.backoff === null ? 0 : bullmqDelayMs(rules.backoff, attempt, random),
  );
}

export function bullmqFacts({ attempts, backoff }: BullmqRules): PolicyFacts {
  return attemptsFacts(
    attempts,
    backoff === null
      ? {}
      : { backoff: backoff.type, delayMs: backoff.delay, jitter: backoff.jitter },
  );
}
