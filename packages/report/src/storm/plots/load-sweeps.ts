/** Cells of the map study, by what was varied: offered load, trigger length or both. */
import {
  groupsOf,
  rhoOf,
  tidy,
  troubledCells,
  type CountedCell,
  type StormResult,
} from '@lab/storm';

import { edgeOf, type Edge } from './sweep-panel.ts';

/** The cells of one policy whose load and trigger length were varied, and nothing else. */
export interface Sweep {
  readonly policy: string;
  readonly attempts: number;
  readonly rhoStar: number;
  readonly cells: readonly CountedCell[];
  readonly rhos: readonly number[];
  /** D in parts of T. */
  readonly triggers: readonly number[];
}

/** Sweeps of rho, of D or of both; what stands alone, such as a block's control, is none. */
export function sweepsOf(result: StormResult): Sweep[] {
  return groupsOf(troubledCells(result, 'map'), familyOf)
    .map((cells): Sweep => ({
      policy: cells[0]?.setting.policy ?? '',
      attempts: cells[0]?.setting.attempts ?? 0,
      rhoStar: cells[0]?.law.rhoStar ?? 1,
      cells,
      rhos: distinct(cells.map(rhoStep)),
      triggers: distinct(cells.map(triggerStep)),
    }))
    .filter(({ rhos, triggers }) => rhos.length > 1 || triggers.length > 1);
}

/** What is not varied within a sweep. */
function familyOf({ setting }: CountedCell): string {
  const { topology, transport, policy, attempts, trigger, timeoutMs, observeMs } = setting;
  return [topology, transport, policy, attempts, trigger, timeoutMs, observeMs].join();
}

export function rhoStep({ setting }: CountedCell): number {
  return rhoOf(setting);
}

export function triggerStep({ setting }: CountedCell): number {
  return tidy(setting.triggerMs / setting.timeoutMs);
}

/** A sweep of rho alone, and where it tips. */
export interface LoadLine {
  readonly sweep: Sweep;
  readonly edge: Edge | null;
}

export function loadLines(result: StormResult): LoadLine[] {
  return sweepsOf(result)
    .filter(({ rhos, triggers }) => rhos.length > 1 && triggers.length === 1)
    .map((sweep) => ({ sweep, edge: edgeOf(sweep.cells, rhoStep) }));
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}
