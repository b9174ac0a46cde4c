/** Every policy under the same load: one row for each, seeds as dots. Plots 1, 5, 7 and 10. */
import type { LawPrediction, LoadVerdict, StormResult } from '../result.ts';
import {
  groupsOf,
  loadName,
  measuredCount,
  recoveryTimes,
  spreadOf,
  stuckCount,
  troubledCells,
  type CountedCell,
  type RecoveryTimes,
  type Spread,
  type StuckCount,
} from './counted.ts';

export interface PolicyRow {
  readonly load: string;
  readonly policy: string;
  readonly measured: StuckCount;
  readonly model: StuckCount;
  readonly law: LawPrediction;
  readonly recovery: RecoveryTimes;
  readonly amplificationPeak: Spread | null;
  /** Of the seeds that stayed stuck; null where none did. */
  readonly amplificationStuck: Spread | null;
  readonly aMax: number;
  /** Amplification while stuck by A_max; of each seed, then the middle. */
  readonly amplificationByAMax: Spread | null;
  /** Jobs that succeeded by jobs offered, over the whole load. */
  readonly success: Spread | null;
  /** The same by that of the no-retry control of the same block; null where no control counted. */
  readonly successByControl: Spread | null;
  /** Cells of which measurement and model say the same. */
  readonly agreeing: number;
  readonly seeds: readonly SeedDot[];
}

/** One seed of a row: a dot of the strip plot. */
export interface SeedDot {
  readonly cell: string;
  readonly seed: number;
  readonly verdict: LoadVerdict;
  readonly model: LoadVerdict;
  readonly goodputAfter: number;
  readonly amplificationAfter: number;
  readonly recoveryMs: number | null;
}

/** @returns rows in the order of the result's policies, loads in the order in which they first came */
export function policyRows(result: StormResult, study: 'policies' | 'triggers'): PolicyRow[] {
  const cells = troubledCells(result, study);
  const rank = new Map(result.policies.map(({ name }, index) => [name, index]));
  const rankOf = ({ setting }: CountedCell): number => rank.get(setting.policy) ?? rank.size;
  return groupsOf(cells, ({ setting }) => loadName(setting)).flatMap((load) =>
    groupsOf(
      load.toSorted((a, b) => rankOf(a) - rankOf(b) || a.setting.seed - b.setting.seed),
      ({ setting }) => setting.policy,
    ).map((group) => rowOf(group, cells)),
  );
}

function rowOf(group: readonly CountedCell[], all: readonly CountedCell[]): PolicyRow {
  const [first] = group;
  if (first === undefined) throw new Error('a row without cells');
  const stuck = group.filter(({ measured }) => measured.verdict === 'stuck');
  return {
    load: loadName(first.setting),
    policy: first.setting.policy,
    measured: measuredCount(group),
    model: stuckCount(group.map(({ model }) => model.verdict)),
    law: first.law,
    recovery: recoveryTimes(group),
    amplificationPeak: spreadOf(group.map(({ measured }) => measured.amplificationPeak)),
    amplificationStuck: spreadOf(stuck.map(({ measured }) => measured.amplificationAfter)),
    aMax: first.law.aMax,
    amplificationByAMax: spreadOf(
      stuck.map(({ measured, law }) => measured.amplificationAfter / law.aMax),
    ),
    success: spreadOf(group.map(successOf)),
    successByControl: spreadOf(
      group.flatMap((cell) => {
        const control = controlOf(cell, all);
        return control === undefined || successOf(control) === 0
          ? []
          : [successOf(cell) / successOf(control)];
      }),
    ),
    agreeing: group.filter(({ agrees }) => agrees === true).length,
    seeds: group.map(dotOf),
  };
}

/** The cell of the same block and load that never tries again. */
function controlOf(cell: CountedCell, all: readonly CountedCell[]): CountedCell | undefined {
  return all.find(
    ({ block, setting }) =>
      block === cell.block &&
      setting.policy === 'none' &&
      loadName(setting) === loadName(cell.setting),
  );
}

function successOf({ measured: { succeeded, offered } }: CountedCell): number {
  return offered === 0 ? 0 : succeeded / offered;
}

function dotOf({ id, setting, measured, model }: CountedCell): SeedDot {
  return {
    cell: id,
    seed: setting.seed,
    verdict: measured.verdict,
    model: model.verdict,
    goodputAfter: measured.goodputAfter,
    amplificationAfter: measured.amplificationAfter,
    recoveryMs: measured.recoveryMs,
  };
}
