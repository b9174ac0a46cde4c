/** What a storm benchmark comes to as an exit code. Pure. */
import type { StormRun } from '@lab/bench';
import type { StormCell, StormResult } from '@lab/storm';

import { exitCode, type ExitCode } from '../exit-code.ts';

/** Goal R2: at least so many of the cells away from the edge come out as the model says. */
const leastAgreement = 0.95;

/** Studies whose verdict is a prediction; the others measure rates, delays and multiples. */
const judged = new Set(['policies', 'map', 'bound', 'pool', 'triggers']);

/** Measured against the model: the cells that count, are judged by their verdict, and do not lie near an edge. */
export function agreementOf(cells: readonly StormCell[]): {
  readonly agreeing: number;
  readonly of: number;
} {
  const counted = cells.filter(
    ({ study, law, agrees }) => judged.has(study) && !law.nearEdge && agrees !== null,
  );
  return { agreeing: counted.filter(({ agrees }) => agrees === true).length, of: counted.length };
}

/**
 * Interrupted, then environment (cell after cell did not complete), then nobody can say (no cell counts, or a no-retry control
 * failed), then contrary (measured and modelled differ in more than 5 % of the cells away from the edge).
 */
export function exitCodeOfStorm(
  { cells }: Pick<StormResult, 'cells'>,
  { stopped, invalid }: Pick<StormRun, 'stopped' | 'invalid'>,
): ExitCode {
  if (stopped !== null) return stopped.interrupted ? exitCode.interrupted : exitCode.environment;
  if (invalid.length > 0 || !cells.some(({ valid }) => valid)) return exitCode.inconclusive;
  const { agreeing, of } = agreementOf(cells);
  return agreeing < leastAgreement * of ? exitCode.contrary : exitCode.ok;
}
