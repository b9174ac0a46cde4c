/** The loads of a grid, side by side; and those that the machine disturbed again, with less beside them. */
import { availableParallelism } from 'node:os';

import { rerunId } from '@lab/contract';
import { wasDisturbed, type Judgement } from '@lab/invariants';
import { simulate } from '@lab/storm';

import type { CellPlan } from '../cell-plan.ts';
import { together, type Place } from './start-line.ts';

export interface RunLoadsOptions {
  /** Plays one and judges it. Null when it was not begun any more. */
  readonly runOne: (plan: CellPlan, place: Place) => Promise<Judgement | null>;
  /** `discarded`: this run counts for nothing, the load is run again. */
  readonly tell: (kind: 'cell' | 'discarded', judgement: Judgement) => void;
  /** How many begin together and end before the next ones begin. */
  readonly atATime?: number | undefined;
}

/** Seen on two cores: with five at a time the generators are late, with four they are in time. */
const loadsAtATime = 2 * availableParallelism();

/** Whether the model watches it for much longer than the others: a guess at when it ends, and nothing of what is seen. */
function isLong({ spec: { load } }: CellPlan): boolean {
  return (
    load !== undefined &&
    load.watchLimitMs !== null &&
    simulate(load).setting.observeMs > 2 * load.observeMs
  );
}

/**
 * Runs each load, and again when the machine disturbed it: half as many at a time, then one. What is disturbed by itself
 * is inconclusive, and stays so. Loads that have to be watched for long run beside the others, batch after batch of them, so
 * that nobody waits for one.
 */
export async function runLoads(
  plans: readonly CellPlan[],
  { runOne, tell, atATime = loadsAtATime }: RunLoadsOptions,
): Promise<void> {
  let waiting = plans;
  const widths = [atATime, Math.ceil(atATime / 2), 1];
  for (const [reruns, width] of widths.entries()) {
    const last = reruns === widths.length - 1;
    const disturbed: CellPlan[] = [];
    const run = async (plan: CellPlan, place: Place): Promise<void> => {
      const judgement = await runOne(plan, place);
      if (judgement === null) return;
      const counts = last || !wasDisturbed(judgement);
      if (!counts) disturbed.push(rerunOf(plan, reruns + 2));
      tell(counts ? 'cell' : 'discarded', judgement);
    };
    const long = waiting.filter(isLong).slice(0, Math.floor(width / 2));
    const others = waiting.filter((plan) => !long.includes(plan));
    await Promise.all([
      together(long, run),
      (async () => {
        for (const batch of batches(others, width - long.length)) await together(batch, run);
      })(),
    ]);
    waiting = disturbed;
  }
}

/** The same load with the same seed. */
function rerunOf({ spec, ...plan }: CellPlan, run: number): CellPlan {
  return { ...plan, spec: { ...spec, id: rerunId(spec.id, run), rerunOf: spec.id } };
}

/** Batches as even as can be; neighbours, which are alike, come into different ones. */
function batches<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, batch) =>
    items.filter((_item, index) => index % count === batch),
  );
}
