/** The loads of a grid, batch after batch: those of a batch begin together and end before the next ones begin. */
import { availableParallelism } from 'node:os';

import type { CellPlan } from '../cell-plan.ts';
import { withReruns, type WithRerunsOptions } from '../with-reruns.ts';
import { together, type Place } from './start-line.ts';

export type RunLoadsOptions = Pick<WithRerunsOptions<Place>, 'runOne' | 'tell'> & {
  /** How many begin together. */
  readonly atATime?: number | undefined;
};

/** Seen on two cores: with five at a time the generators are late, with four they are in time. */
const loadsAtATime = 2 * availableParallelism();

export function runLoads(
  plans: readonly CellPlan[],
  { runOne, tell, atATime = loadsAtATime }: RunLoadsOptions,
): Promise<void> {
  return withReruns<Place>(plans, { runOne, tell, atATime, sideBySide: batchAfterBatch });
}

async function batchAfterBatch(
  plans: readonly CellPlan[],
  size: number,
  work: (plan: CellPlan, place: Place) => Promise<void>,
): Promise<void> {
  for (const batch of batches(plans, size)) await together(batch, work);
}

/** Batches as even as can be; neighbours, which are alike, come into different ones. */
function batches<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, batch) =>
    items.filter((_item, index) => index % count === batch),
  );
}
