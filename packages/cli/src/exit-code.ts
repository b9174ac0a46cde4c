/** Exit codes, the same for every command. */
import type { Verdict } from '@lab/invariants';

export const exitCode = {
  /** Every expectation met. */
  ok: 0,
  /** An expectation failed. */
  contrary: 1,
  /** Nobody can say: the fault did not bite, a precondition was never met. */
  inconclusive: 2,
  /** A broker, a program or a port is not available. */
  environment: 3,
  usage: 64,
  /** A bug in the lab. */
  bug: 70,
  /** Interrupted, faults healed. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export function exitCodeOf(verdict: Verdict): ExitCode {
  switch (verdict) {
    case 'proven':
      return exitCode.ok;
    case 'disproven':
      return exitCode.contrary;
    case 'inconclusive':
      return exitCode.inconclusive;
  }
}

/** Wrong words on the command line: the message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
