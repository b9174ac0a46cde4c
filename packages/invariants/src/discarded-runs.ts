/**
 * Which runs of a cell count. A gate of the machine, or its book, says that the machine was busy, nothing about the policy or
 * the guard: such a run may be done again, and the later one stands in for it. Everything else that goes wrong stays,
 * whatever comes after: running a cell until it pleases would prove anything.
 */
import { isOfTheMachine } from '@lab/storm';

import type { DiscardedRun, Judgement } from './judgement.ts';

/**
 * Whether another run of this cell may stand in for it: it was played to its end, and nothing but the machine was in the
 * way: of a load, gates of the machine and no other were missed; of a strike, the books name a cause. What was found of a
 * load is not looked at, so that a run is as likely to be done again whichever way it came out.
 */
export function wasDisturbed({
  ending,
  load,
  disturbed,
}: Pick<Judgement, 'ending' | 'load' | 'disturbed'>): boolean {
  if (load === null) return disturbed;
  const missed = load.gates.filter(({ passed }) => !passed);
  return ending === 'completed' && missed.length > 0 && missed.every(isOfTheMachine);
}

/** @returns the runs that count, each where the first run of its cell was, and those for which another one stands in */
export function discardDisturbed(all: readonly Judgement[]): {
  readonly cells: readonly Judgement[];
  readonly discarded: readonly DiscardedRun[];
} {
  const byId = new Map(all.map((cell) => [cell.spec.id, cell]));
  const reruns = new Map<string, Judgement>();
  for (const cell of all) {
    const earlier = byId.get(cell.spec.rerunOf ?? '');
    if (earlier !== undefined && wasDisturbed(earlier)) reruns.set(earlier.spec.id, cell);
  }
  const standIns = new Set(reruns.values());
  const discarded: DiscardedRun[] = [];
  const last = (cell: Judgement): Judgement => {
    const rerun = reruns.get(cell.spec.id);
    if (rerun === undefined) return cell;
    discarded.push({ cell: cell.spec.id, rerun: rerun.spec.id, reasons: cell.reasons });
    return last(rerun);
  };
  return { cells: all.filter((cell) => !standIns.has(cell)).map(last), discarded };
}
