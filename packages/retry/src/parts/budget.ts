/**
 * Retries out of a budget. What fills it and what a retry costs is the budget's; that a job has a bound of its own
 * besides, and that the last failure of a job costs nothing, is the same for all.
 */
import type { AttemptFailure, Caller, PolicyFacts } from '../policy.ts';

export interface Budget {
  /** A job begins. */
  began(nowMs: number): void;
  /** A retry is wanted. @returns whether it is paid for; if not, nothing is taken. */
  spend(nowMs: number, failure: AttemptFailure): boolean;
  succeeded(nowMs: number, attempt: number): void;
}

/** @returns a caller that tries again as long as the job has attempts left and the budget pays. */
export function budgetCaller(
  attempts: number,
  budget: Budget,
  delayMs: (failure: AttemptFailure) => number,
): Caller {
  return {
    begin(nowMs) {
      budget.began(nowMs);
      return true;
    },
    failed(nowMs, failure) {
      if (failure.attempt >= attempts || !budget.spend(nowMs, failure)) return null;
      return delayMs(failure);
    },
    succeeded: (nowMs, attempt) => budget.succeeded(nowMs, attempt),
  };
}

/** The facts of a policy with a budget: it sustains 1 + beta attempts a job, or as many as a job may have. */
export function budgetFacts(facts: {
  readonly attempts: number;
  readonly beta: number;
  readonly reserve: number;
  readonly parameters: PolicyFacts['parameters'];
}): PolicyFacts {
  const { attempts, beta, reserve, parameters } = facts;
  return {
    attempts,
    aMax: Math.min(attempts, 1 + beta),
    beta,
    reserve,
    parameters: { attempts, ...parameters },
  };
}
