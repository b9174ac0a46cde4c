/** Exit codes, the same for every command. */
import type { RunHeader } from '@lab/contract';
import type { Conclusion, RunJudgement, Verdict } from '@lab/invariants';

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

/**
 * What a run comes to, live or judged again. A whole grid comes to its verdict. Chosen or repeated cells that all ran
 * prove no failure mode, so they come to the worst of themselves. An unsteered run measures how often luck shows
 * the failure; whatever it finds is a result.
 */
export function exitCodeOfRun(
  { steered, planned }: RunHeader,
  { verdict, worst, cells, missing }: RunJudgement,
): ExitCode {
  const chosen = missing.length > 0 && cells.length === planned;
  if (!steered && cells.length === planned) return exitCode.ok;
  return chosen ? exitCodeOfConclusion(worst) : exitCodeOf(verdict);
}

function exitCodeOfConclusion(conclusion: Conclusion): ExitCode {
  switch (conclusion) {
    case 'as expected':
      return exitCode.ok;
    case 'contrary':
      return exitCode.contrary;
    case 'inconclusive':
      return exitCode.inconclusive;
  }
}

function exitCodeOf(verdict: Verdict): ExitCode {
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
