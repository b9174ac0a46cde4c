/**
 * Where half of the seeds stick, with a bootstrap interval. What is undecided says nothing and is left out. What is drawn anew is seeds, each with all of its doses:
 * cells of one seed have the same arrivals, so they are no independent trials of one another.
 */
import { bootstrap, halfPointOf, type HalfPoint } from '@lab/statistics';
import { streamOf } from '@lab/workload';

import type { CountedCell } from './counted.ts';

export interface Half {
  readonly point: HalfPoint | null;
  /** 95 %, percentile bootstrap over seeds; null: beyond the doses that were tried. */
  readonly low: number | null;
  readonly high: number | null;
  readonly seeds: number;
}

const resamples = 1000;

/** @param doseOf what is varied: a fault length, a load, a size */
export function halfOf(cells: readonly CountedCell[], doseOf: (cell: CountedCell) => number): Half {
  const decided = cells.filter(({ measured }) => measured.verdict !== 'undecided');
  const bySeed = [...Map.groupBy(decided, ({ setting }) => setting.seed).values()];
  const pointOf = (seeds: readonly (readonly CountedCell[])[]): HalfPoint | null =>
    halfPointOf(
      seeds.flat().map((cell) => ({
        x: doseOf(cell),
        k: cell.measured.verdict === 'stuck' ? 1 : 0,
        n: 1,
      })),
    );
  const point = pointOf(bySeed);
  if (point === null) return { point, low: null, high: null, seeds: bySeed.length };
  const { low, high } = bootstrap(bySeed, (drawn) => placeOf(pointOf(drawn), drawn.flat()), {
    // The interval of a result is the same whenever it is computed.
    random: streamOf(cells.length, 'half'),
    resamples,
  });
  return { point, low: finite(low), high: finite(high), seeds: bySeed.length };
}

/** Beyond the grid is infinitely far; a draw that does not rise with the dose lies on the side of its majority. */
function placeOf(point: HalfPoint | null, cells: readonly CountedCell[]): number {
  if (point?.kind === 'fit' || point?.kind === 'bracket') return point.at;
  const stuck = cells.filter(({ measured }) => measured.verdict === 'stuck').length;
  const below = point === null ? 2 * stuck >= cells.length : point.kind === 'below';
  return below ? -Infinity : Infinity;
}

function finite(bound: number): number | null {
  return Number.isFinite(bound) ? bound : null;
}
