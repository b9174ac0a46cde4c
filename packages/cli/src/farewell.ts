/** What is said after an interruption: what was cut short, and whether everything is cleared up. Pure. */
import type { RunResult } from '@lab/harness';

export interface Farewell {
  /** What interrupted. */
  readonly by: Error;
  /** Runs that did not come to their end; none when no run had begun. */
  readonly cut: readonly RunResult[];
  /** True when vhosts and keys were to stay. */
  readonly kept: boolean;
  /** What went wrong beside the interruption, if anything did. */
  readonly error?: unknown;
}

/** Two or more lines, a newline at the end. */
export function farewell({ by, cut, kept, error }: Farewell): string {
  const trouble = [
    ...cut.flatMap(notCleared),
    ...(error instanceof Error && error !== by ? [error.message] : []),
  ];
  return [
    `INTERRUPTED (${by.message})${cut.map(howFar).join('')}`,
    ...(trouble.length === 0
      ? [
          kept
            ? 'Faults are healed and processes ended; brokers, vhosts and keys are kept.'
            : 'Faults are healed, processes ended, vhosts and keys removed.',
        ]
      : [...trouble.map((line) => `Not cleared up: ${line}`), 'Clear up with: pnpm fm down']),
    '',
  ].join('\n');
}

function howFar({ header, judgement, planned }: RunResult): string {
  const done = judgement.cells.filter(({ ending }) => ending === 'completed').length;
  return `: ${header.failureMode} after ${done} of ${planned} cells, which proves nothing`;
}

/** Faults that do not read back as healed, and what cells could not remove. */
function notCleared({ judgement }: RunResult): string[] {
  return judgement.cells.flatMap(({ faults, ending }) => [
    ...faults
      .filter(({ onMs, healed }) => onMs !== null && !healed)
      .map(({ label }) => `"${label}" does not read back as healed`),
    ...(ending === 'completed' || ending === 'aborted' ? [] : [ending]),
  ]);
}
