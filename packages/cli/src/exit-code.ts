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
 * the failure; whatever it finds is a result. A judge that missed what was planted can say nothing of any run. Where nobody
 * can say because a server was gone, the surroundings are to blame.
 */
export function exitCodeOfRun(header: RunHeader, judgement: RunJudgement): ExitCode {
  const code = exitCodeOfJudgement(header, judgement);
  return code === exitCode.inconclusive && judgement.gone.length > 0 ? exitCode.environment : code;
}

function exitCodeOfJudgement(
  { steered, planned }: RunHeader,
  { verdict, worst, cells, missing, gone, planted }: RunJudgement,
): ExitCode {
  const whole = cells.length === planned && gone.length === 0 && planted.missed.length === 0;
  if (!steered && whole) return exitCode.ok;
  return missing.length > 0 && whole ? exitCodeOfConclusion(worst) : exitCodeOf(verdict);
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
