/** `fm bench storm --compare A B`: what changed from one result to another. */
import { renderStormComparison, type Style } from '@lab/report';
import { compareResults } from '@lab/storm';

import { exitCode, UsageError, type ExitCode } from '../exit-code.ts';
import { readStorm } from './read-storm.ts';

/**
 * @param paths of the two results, before and after
 * @returns contrary where a policy's verdict changed beyond chance, inconclusive where no cell can be compared
 */
export function compareStorms(
  paths: readonly string[],
  { json }: { readonly json?: boolean },
  style: Style,
): ExitCode {
  const [before, after, ...more] = paths;
  if (before === undefined || after === undefined || more.length > 0) {
    throw new UsageError(
      `--compare takes two results, got ${paths.length}: --compare runs/A/storm-result.json runs/B/storm-result.json`,
    );
  }
  const [a, b] = [readStorm(before), readStorm(after)];
  const comparison = compareResults(a, b);
  process.stdout.write(
    json === true
      ? `${JSON.stringify(comparison, null, 2)}\n`
      : renderStormComparison(comparison, { before, after }, style),
  );
  if (comparison.refusal !== null) return exitCode.inconclusive;
  return comparison.rows.some(({ differs }) => differs) ? exitCode.contrary : exitCode.ok;
}
