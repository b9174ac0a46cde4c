/** The loads of a grid, batch after batch: those of a batch begin together and end before the next ones begin. */
import { availableParallelism } from 'node:os';

import { simulate } from '@lab/storm';

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

/** Whether the model watches it for much longer than the others: a guess at when it ends, and nothing of what is seen. */
function isLong({ spec: { load } }: CellPlan): boolean {
  return (
    load !== undefined &&
    load.watchLimitMs !== null &&
    simulate(load).setting.observeMs > 2 * load.observeMs
  );
}

/** Loads that have to be watched for long run beside the others, batch after batch of them, so that nobody waits for one. */
async function batchAfterBatch(
  plans: readonly CellPlan[],
  size: number,
  work: (plan: CellPlan, place: Place) => Promise<void>,
): Promise<void> {
  const long = plans.filter(isLong).slice(0, Math.floor(size / 2));
  const others = plans.filter((plan) => !long.includes(plan));
  await Promise.all([
    together(long, work),
    (async () => {
      for (const batch of batches(others, size - long.length)) await together(batch, work);
    })(),
  ]);
}

/** Batches as even as can be; neighbours, which are alike, come into different ones. */
function batches<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, batch) =>
    items.filter((_item, index) => index % count === batch),
  );
}
