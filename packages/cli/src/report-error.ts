/** What a person sees when a command fails: what, why, and the exit code that says whose fault it is. */
import { EnvironmentError } from '@lab/brokers';
import { DamagedHistory, NoCellSelected, NothingToSteer, RunNotFound } from '@lab/harness';

import { exitCode, UsageError, type ExitCode } from './exit-code.ts';
import { Interrupted } from './interruption.ts';

/** @param write takes the message, a newline at its end; nothing is written of an interruption. */
export function reportError(
  error: unknown,
  write: (text: string) => void = (text) => void process.stderr.write(text),
): ExitCode {
  if (error instanceof Interrupted) return exitCode.interrupted;
  const expected = expectedCode(error);
  if (expected !== null && error instanceof Error) {
    write(`fm: ${error.message}\n`);
    return expected;
  }
  write(`fm: a bug in the lab, not in what it tests:\n${stackOf(error)}\n${causes(error)}`);
  return exitCode.bug;
}

/** The code of an error that a user can do something about; null for a bug. */
function expectedCode(error: unknown): ExitCode | null {
  if (error instanceof UsageError) return exitCode.usage;
  if (
    error instanceof NoCellSelected ||
    error instanceof NothingToSteer ||
    error instanceof RunNotFound
  )
    return exitCode.usage;
  if (error instanceof EnvironmentError) return exitCode.environment;
  if (error instanceof DamagedHistory) return exitCode.inconclusive; // nothing can be said of it
  return null;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function causes(error: unknown): string {
  const lines: string[] = [];
  for (
    let cause = error instanceof Error ? error.cause : undefined;
    cause instanceof Error;
    cause = cause.cause
  ) {
    lines.push(`caused by: ${cause.message}\n`);
  }
  return lines.join('');
}
