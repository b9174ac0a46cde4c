/** What a person sees when a command fails: what, why, and the exit code that says whose fault it is. */
import { EnvironmentError } from '@lab/brokers';
import { NoCellSelected } from '@lab/harness';

import { exitCode, UsageError, type ExitCode } from './exit-code.ts';
import { Interrupted } from './interruption.ts';

export function reportError(error: unknown): ExitCode {
  if (error instanceof Interrupted) return exitCode.interrupted;
  if (error instanceof UsageError || error instanceof NoCellSelected) {
    process.stderr.write(`fm: ${error.message}\n`);
    return exitCode.usage;
  }
  if (error instanceof EnvironmentError) {
    process.stderr.write(`fm: ${error.message}\n`);
    return exitCode.environment;
  }
  process.stderr.write(
    `fm: a bug in the lab, not in what it tests:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${causes(error)}`,
  );
  return exitCode.bug;
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
