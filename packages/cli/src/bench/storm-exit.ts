/** What a storm benchmark comes to as an exit code. Pure. */
import type { StormRun } from '@lab/bench';
import { agreementOf, isCounted, type StormResult } from '@lab/storm';

import { exitCode, type ExitCode } from '../exit-code.ts';

/** Goal R2: at least so many of the cells away from the edge come out as the model says. */
const leastAgreement = 0.95;

/**
 * Interrupted, then environment (cell after cell did not complete), then nobody can say (no cell counts, or a no-retry control
 * failed), then contrary (measured and modelled differ in more than 5 % of the cells away from the edge).
 */
export function exitCodeOfStorm(
  { cells }: Pick<StormResult, 'cells'>,
  { stopped, invalid }: Pick<StormRun, 'stopped' | 'invalid'>,
): ExitCode {
  if (stopped !== null) return stopped.interrupted ? exitCode.interrupted : exitCode.environment;
  if (invalid.length > 0 || !cells.some(isCounted)) return exitCode.inconclusive;
  const { k, n } = agreementOf({ cells }).modelAwayFromEdge;
  return k < leastAgreement * n ? exitCode.contrary : exitCode.ok;
}
