/** How short a queue and how small a pool has to be: K / mu T and W / mu T. Plot 6. */
import type { StormResult } from '../result.ts';
import {
  groupsOf,
  measuredCount,
  muTOf,
  stuckCount,
  troubledCells,
  type CountedCell,
  type StuckCount,
} from './counted.ts';
import { halfOf, type Half } from './half-rows.ts';

export interface Sweep {
  readonly policy: string;
  readonly topology: string;
  readonly transport: string;
  /** Rising in size. */
  readonly points: readonly SweepPoint[];
  /** The size, in mu T, at which half of the seeds stick; the law says 1. */
  readonly half: Half;
}

export interface SweepPoint {
  /** K / mu T or W / mu T. */
  readonly overMuT: number;
  /** Messages or jobs. */
  readonly size: number;
  readonly measured: StuckCount;
  readonly model: StuckCount;
}

export function summariseBound(result: StormResult): Sweep[] {
  return sweepsOf(troubledCells(result, 'bound'), ({ setting }) => setting.queueBound);
}

/** Without the no-retry controls, whose pool is the largest only. */
export function summarisePool(result: StormResult): Sweep[] {
  const retrying = troubledCells(result, 'pool').filter(({ setting }) => setting.policy !== 'none');
  return sweepsOf(retrying, ({ setting }) => setting.concurrency);
}

function sweepsOf(
  cells: readonly CountedCell[],
  sizeOf: (cell: CountedCell) => number | null,
): Sweep[] {
  const sized = cells.filter((cell) => sizeOf(cell) !== null);
  const overMuT = (cell: CountedCell): number =>
    Math.round((100 * (sizeOf(cell) ?? 0)) / muTOf(cell.setting)) / 100;
  return groupsOf(sized, ({ setting: { policy, topology, transport } }) =>
    [policy, topology, transport].join(),
  ).flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { policy, topology, transport } = first.setting;
    const points = groupsOf(group, (cell) => String(overMuT(cell))).map((members): SweepPoint => ({
      overMuT: members[0] === undefined ? 0 : overMuT(members[0]),
      size: members[0] === undefined ? 0 : (sizeOf(members[0]) ?? 0),
      measured: measuredCount(members),
      model: stuckCount(members.map(({ model }) => model.verdict)),
    }));
    return [
      {
        policy,
        topology,
        transport,
        points: points.toSorted((a, b) => a.overMuT - b.overMuT),
        half: halfOf(group, overMuT),
      },
    ];
  });
}
