/**
 * Cells side by side, and those that the machine disturbed again with less beside them: half as many at a time, then each by
 * itself. What is disturbed even then is inconclusive, and stays so.
 */
import { rerunId } from '@lab/contract';
import { wasDisturbed, type Judgement } from '@lab/invariants';

import type { CellPlan } from './cell-plan.ts';

export interface WithRerunsOptions<Seat> {
  /** Works on the plans, so many at a time, and gives each what `runOne` needs beside it. */
  readonly sideBySide: (
    plans: readonly CellPlan[],
    atATime: number,
    work: (plan: CellPlan, seat: Seat) => Promise<void>,
  ) => Promise<void>;
  readonly atATime: number;
  /** Plays one and judges it. Null when it was not begun any more. */
  readonly runOne: (plan: CellPlan, seat: Seat) => Promise<Judgement | null>;
  /** `discarded`: this run counts for nothing, the cell is run again. */
  readonly tell: (kind: 'cell' | 'discarded', judgement: Judgement) => void;
}

export async function withReruns<Seat>(
  plans: readonly CellPlan[],
  { sideBySide, atATime, runOne, tell }: WithRerunsOptions<Seat>,
): Promise<void> {
  let waiting = plans;
  const widths = [atATime, Math.ceil(atATime / 2), 1];
  for (const [reruns, width] of widths.entries()) {
    const last = reruns === widths.length - 1;
    const disturbed: CellPlan[] = [];
    await sideBySide(waiting, width, async (plan, seat) => {
      const judgement = await runOne(plan, seat);
      if (judgement === null) return;
      const counts = last || !wasDisturbed(judgement);
      if (!counts) disturbed.push(rerunOf(plan, reruns + 2));
      tell(counts ? 'cell' : 'discarded', judgement);
    });
    waiting = disturbed;
  }
}

/** The same cell with the same seed. */
function rerunOf({ spec, ...plan }: CellPlan, run: number): CellPlan {
  return { ...plan, spec: { ...spec, id: rerunId(spec.id, run), rerunOf: spec.id } };
}
