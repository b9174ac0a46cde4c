/** What a policy costs and saves where requests fail by themselves and nothing is overloaded. Plot 8. */
import type { StormResult } from '../result.ts';
import { countedCells, groupsOf, spreadOf, type CountedCell, type Spread } from './counted.ts';

export interface CostRow {
  readonly policy: string;
  readonly failureRate: number;
  /** Jobs that succeeded by jobs offered. */
  readonly success: Spread | null;
  /** Attempts that reached the queue by jobs offered. */
  readonly load: Spread | null;
  /** What is added to the success of `none` in the same block, and by what its load is multiplied. */
  readonly successGained: Spread | null;
  readonly loadByNone: Spread | null;
}

export function costRows(result: StormResult): CostRow[] {
  const cells = countedCells(result, 'cost');
  return groupsOf(cells, ({ setting }) => `${setting.policy} ${setting.failureRate}`)
    .map((group) => rowOf(group, cells))
    .toSorted((a, b) => a.failureRate - b.failureRate);
}

function rowOf(group: readonly CountedCell[], all: readonly CountedCell[]): CostRow {
  const [first] = group;
  if (first === undefined) throw new Error('a row without cells');
  const pairs = group.flatMap((cell) => {
    const none = all.find(
      ({ block, setting }) =>
        block === cell.block &&
        setting.policy === 'none' &&
        setting.failureRate === cell.setting.failureRate,
    );
    return none === undefined ? [] : [{ cell, none }];
  });
  return {
    policy: first.setting.policy,
    failureRate: first.setting.failureRate,
    success: spreadOf(group.map(successOf)),
    load: spreadOf(group.map(loadOf)),
    successGained: spreadOf(pairs.map(({ cell, none }) => successOf(cell) - successOf(none))),
    loadByNone: spreadOf(
      pairs.flatMap(({ cell, none }) => (loadOf(none) === 0 ? [] : [loadOf(cell) / loadOf(none)])),
    ),
  };
}

function successOf({ measured: { succeeded, offered } }: CountedCell): number {
  return offered === 0 ? 0 : succeeded / offered;
}

function loadOf({ series, measured: { offered } }: CountedCell): number {
  const reached = (series.reached ?? []).reduce((sum, count) => sum + count, 0);
  return offered === 0 ? 0 : reached / offered;
}
