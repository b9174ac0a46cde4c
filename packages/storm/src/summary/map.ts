/** rho and D: where a collapse stays. Plots 3 and 4, D50, rho50 and rho*. */
import { loadMsOf } from '@lab/contract';

import type { StormResult } from '../result.ts';
import {
  groupsOf,
  measuredCount,
  rhoOf,
  stuckCount,
  tidy,
  troubledCells,
  type CountedCell,
  type StuckCount,
} from './counted.ts';
import { halfOf, type Half } from './half-rows.ts';

export interface MapPoint {
  readonly policy: string;
  readonly attempts: number;
  readonly rho: number;
  /** D, in ms and in T. */
  readonly triggerMs: number;
  readonly triggerOverT: number;
  readonly measured: StuckCount;
  readonly model: StuckCount;
  readonly rhoStar: number;
}

/** At a load, the length of the trigger at which half of the seeds stick. */
export interface D50Row {
  readonly policy: string;
  readonly attempts: number;
  readonly rho: number;
  /** ms */
  readonly half: Half;
}

/** At a length of the trigger, the load at which half of the seeds stick. */
export interface Rho50Row {
  readonly policy: string;
  readonly attempts: number;
  readonly triggerMs: number;
  readonly rhoStar: number;
  readonly half: Half;
}

/** Where the verdict flips on the grid, beside 1 / A_max. */
export interface RhoStarRow {
  readonly policy: string;
  readonly attempts: number;
  readonly triggerMs: number;
  readonly aMax: number;
  /** 1 / A_max. */
  readonly predicted: number;
  /** Highest load below the flip at which fewer than half stick, and lowest at which half or more do; null: not on the grid. */
  readonly lastRecovering: number | null;
  readonly firstStuck: number | null;
  /** Middle of the two, and how far from the prediction; null where the grid has not both sides. */
  readonly located: number | null;
  readonly off: number | null;
}

export interface MapSummary {
  readonly points: readonly MapPoint[];
  readonly d50: readonly D50Row[];
  readonly rho50: readonly Rho50Row[];
  readonly rhoStar: readonly RhoStarRow[];
}

export function summariseMap(result: StormResult): MapSummary {
  const cells = subjects(troubledCells(result, 'map'));
  const overD = groupsOf(cells, (cell) => `${familyOf(cell)} ${rhoOf(cell.setting)}`);
  const overRho = groupsOf(cells, (cell) => `${familyOf(cell)} ${cell.setting.triggerMs}`);
  return {
    points: groupsOf(
      cells,
      (cell) => `${familyOf(cell)} ${rhoOf(cell.setting)} ${cell.setting.triggerMs}`,
    ).map(pointOf),
    d50: varied(overD, ({ setting }) => setting.triggerMs).map((group) => ({
      ...namesOf(group),
      rho: rhoOf(firstOf(group).setting),
      half: halfOf(group, ({ setting }) => setting.triggerMs),
    })),
    rho50: varied(overRho, ({ setting }) => rhoOf(setting)).map((group) => ({
      ...namesOf(group),
      triggerMs: firstOf(group).setting.triggerMs,
      rhoStar: firstOf(group).law.rhoStar,
      half: halfOf(group, ({ setting }) => rhoOf(setting)),
    })),
    rhoStar: varied(overRho, ({ setting }) => rhoOf(setting)).map(rhoStarOf),
  };
}

/** Without the no-retry controls of the blocks, unless the map is one of `none`: then they vary in load or length. */
function subjects(cells: readonly CountedCell[]): readonly CountedCell[] {
  const others = cells.filter(({ setting }) => setting.policy !== 'none');
  return others.length === 0 ? cells : others;
}

/** What is not varied within one map. The watch is part of it: a short one leaves more undecided. */
function familyOf({ setting }: CountedCell): string {
  const { policy, attempts, timeoutMs, topology, transport, trigger, triggerMs } = setting;
  const watched = (loadMsOf(setting) - triggerMs) / timeoutMs;
  return [policy, attempts, topology, transport, trigger, timeoutMs, watched].join();
}

/** Only groups in which the dose takes several values have a point where they turn. */
function varied(
  groups: readonly CountedCell[][],
  doseOf: (cell: CountedCell) => number,
): readonly CountedCell[][] {
  return groups.filter((group) => new Set(group.map(doseOf)).size > 1);
}

function pointOf(group: readonly CountedCell[]): MapPoint {
  const { setting, law } = firstOf(group);
  return {
    ...namesOf(group),
    rho: rhoOf(setting),
    triggerMs: setting.triggerMs,
    triggerOverT: tidy(setting.triggerMs / setting.timeoutMs),
    measured: measuredCount(group),
    model: stuckCount(group.map(({ model }) => model.verdict)),
    rhoStar: law.rhoStar,
  };
}

function rhoStarOf(group: readonly CountedCell[]): RhoStarRow {
  const { setting, law } = firstOf(group);
  const loads = groupsOf(group, (cell) => String(rhoOf(cell.setting)))
    .map((cells) => ({ rho: rhoOf(firstOf(cells).setting), count: measuredCount(cells) }))
    .toSorted((a, b) => a.rho - b.rho);
  const flip = loads.findIndex(({ count }) => 2 * count.stuck >= count.n);
  const firstStuck = loads[flip]?.rho ?? null;
  const lastRecovering = (flip === -1 ? loads.at(-1) : loads[flip - 1])?.rho ?? null;
  const located =
    firstStuck === null || lastRecovering === null ? null : (firstStuck + lastRecovering) / 2;
  return {
    ...namesOf(group),
    triggerMs: setting.triggerMs,
    aMax: law.aMax,
    predicted: law.rhoStar,
    lastRecovering,
    firstStuck,
    located,
    off: located === null ? null : located - law.rhoStar,
  };
}

function namesOf(group: readonly CountedCell[]): { policy: string; attempts: number } {
  const { policy, attempts } = firstOf(group).setting;
  return { policy, attempts };
}

function firstOf(group: readonly CountedCell[]): CountedCell {
  const [first] = group;
  if (first === undefined) throw new Error('a group without cells');
  return first;
}
