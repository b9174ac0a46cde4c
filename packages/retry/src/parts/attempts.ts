/** The plainest callers: so many attempts, with a delay before each that depends on nothing but the job. */
import type { AttemptFailure, Caller, PolicyFacts } from '../policy.ts';

/**
 * @param delayMs how long to wait after this failure, ms
 * @returns a caller that gives up after so many attempts and remembers nothing
 */
export function attemptsCaller(
  attempts: number,
  delayMs: (failure: AttemptFailure) => number,
): Caller {
  return {
    begin: () => true,
    failed: (_nowMs, failure) => (failure.attempt < attempts ? delayMs(failure) : null),
    succeeded: () => {},
  };
}

/** The facts of a policy that bounds the attempts of a job and nothing else: it sustains them all. */
export function attemptsFacts(
  attempts: number,
  parameters: PolicyFacts['parameters'] = {},
): PolicyFacts {
  return {
    attempts,
    aMax: attempts,
    beta: null,
    reserve: null,
    parameters: { attempts, ...parameters },
  };
}

export const atOnce = (): number => 0;
