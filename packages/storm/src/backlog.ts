/**
 * What is still to be done for jobs that were offered: requests that wait or are in hand at the last queue, and jobs of
 * which no attempt is under way because their next one waits for its time, for a slot or for a caller. The request queue
 * alone would not do: an open breaker empties it and answers nobody.
 */
import type { LoadSeries } from './series.ts';

/** @returns the backlog at the end of each window */
export function backlogOf({ columns }: Pick<LoadSeries, 'columns'>): number[] {
  const { depth, unacknowledged, underWay, awaited } = columns;
  return depth.map((ready, window) => {
    const of = (column: readonly number[]): number => column[window] ?? 0;
    // An attempt may outlive its job (a lease that ends): then nothing is owed, and never less than nothing.
    return ready + of(unacknowledged) + Math.max(0, of(underWay) - of(awaited));
  });
}
