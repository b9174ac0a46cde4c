/**
 * Two results beside each other. They may come from different machines: what has to be the same for a comparison is the
 * dimensionless load (rho, D / T, K / mu T, W / mu T, attempts, trigger, topology), and cells are matched by it.
 */
import { fisherExact } from '@lab/statistics';

import type { Calibration, StormResult } from './result.ts';
import {
  groupsOf,
  isCounted,
  loadName,
  measuredCount,
  recoveryTimes,
  spreadOf,
  type CountedCell,
  type RecoveryTimes,
  type Spread,
  type StuckCount,
} from './summary/counted.ts';

export interface StormComparison {
  /** One row for every load and policy that both have counted cells of. */
  readonly rows: readonly ComparedRow[];
  /** Load and policy that only one of them has counted cells of. */
  readonly onlyInA: readonly LoadAndPolicy[];
  readonly onlyInB: readonly LoadAndPolicy[];
  /** Versions, conditions, machine and capacity that differ: what a difference in the rows may come from. */
  readonly differences: readonly Difference[];
  /** Why the two cannot be compared; null where they can. */
  readonly refusal: string | null;
  /** How `differs` was decided, for the table's foot. */
  readonly test: string;
}

export interface LoadAndPolicy {
  readonly study: string;
  readonly load: string;
  readonly policy: string;
}

export interface ComparedRow extends LoadAndPolicy {
  readonly a: ComparedCells;
  readonly b: ComparedCells;
  /** Fisher's exact test, two-sided, of stuck against not stuck; what is undecided is left out. */
  readonly p: number;
  /** The p value is below 0.05 divided by the number of rows (Bonferroni). */
  readonly differs: boolean;
  /** Facts of the policy that differ: `parameters.cost`, `aMax`. Then it is another policy by the same name. */
  readonly changed: readonly string[];
}

export interface ComparedCells {
  readonly stuck: StuckCount;
  readonly recovery: RecoveryTimes;
  readonly amplificationPeak: Spread | null;
  /** Of the last third of the watch, stuck seeds and others apart: a middle of both would be of neither. */
  readonly amplificationStuck: Spread | null;
  readonly amplificationOther: Spread | null;
}

export interface Difference {
  readonly what: string;
  readonly a: string;
  readonly b: string;
}

const level = 0.05;

export function compareResults(a: StormResult, b: StormResult): StormComparison {
  const [groupsA, groupsB] = [groupsByLoad(a), groupsByLoad(b)];
  const shared = [...groupsA.keys()].filter((key) => groupsB.has(key));
  return {
    rows: shared.map((key) =>
      compared(cellsOf(groupsA, key), cellsOf(groupsB, key), level / shared.length, [a, b]),
    ),
    onlyInA: without(groupsA, groupsB),
    onlyInB: without(groupsB, groupsA),
    differences: differencesOf(a, b),
    refusal: refusalOf(a, b, shared.length),
    test: `Fisher's exact test, two-sided, stuck against not stuck, without what is undecided; a row differs where p < ${level} / ${shared.length} rows`,
  };
}

type Groups = ReadonlyMap<string, readonly CountedCell[]>;

function groupsByLoad({ cells }: StormResult): Groups {
  const groups = groupsOf(cells.filter(isCounted), (cell) => Object.values(nameOf([cell])).join());
  return new Map(groups.map((group) => [Object.values(nameOf(group)).join(), group]));
}

function without(groups: Groups, others: Groups): LoadAndPolicy[] {
  return [...groups].filter(([key]) => !others.has(key)).map(([, cells]) => nameOf(cells));
}

function cellsOf(groups: Groups, key: string): readonly CountedCell[] {
  return groups.get(key) ?? [];
}

function nameOf([cell]: readonly CountedCell[]): LoadAndPolicy {
  if (cell === undefined) throw new Error('a group without cells');
  return { study: cell.study, load: loadName(cell.setting), policy: cell.setting.policy };
}

function compared(
  a: readonly CountedCell[],
  b: readonly CountedCell[],
  below: number,
  results: readonly [StormResult, StormResult],
): ComparedRow {
  const [sideA, sideB] = [sideOf(a), sideOf(b)];
  const p = fisherExact(decidedOf(sideA), decidedOf(sideB));
  const name = nameOf(a);
  return {
    ...name,
    a: sideA,
    b: sideB,
    p,
    differs: p < below,
    changed: changedFacts(name.policy, results),
  };
}

/** Stuck among those of which it can be said whether they are. */
function decidedOf({ stuck: { stuck, n, undecided } }: ComparedCells): { k: number; n: number } {
  return { k: stuck, n: n - undecided };
}

function sideOf(cells: readonly CountedCell[]): ComparedCells {
  const after = (stuck: boolean): number[] =>
    cells
      .filter(({ measured }) => (measured.verdict === 'stuck') === stuck)
      .map(({ measured }) => measured.amplificationAfter);
  return {
    stuck: measuredCount(cells),
    recovery: recoveryTimes(cells),
    amplificationPeak: spreadOf(cells.map(({ measured }) => measured.amplificationPeak)),
    amplificationStuck: spreadOf(after(true)),
    amplificationOther: spreadOf(after(false)),
  };
}

function changedFacts(name: string, [a, b]: readonly [StormResult, StormResult]): string[] {
  const factsOf = ({ policies }: StormResult): Map<string, string> => {
    const policy = policies.find((one) => one.name === name);
    if (policy === undefined) return new Map();
    const { aMax, beta, reserve, parameters } = policy;
    return flattened({ aMax, beta, reserve, parameters });
  };
  return differing(factsOf(a), factsOf(b)).map(({ what }) => what);
}

function refusalOf(a: StormResult, b: StormResult, shared: number): string | null {
  if (shared > 0) return null;
  if (!a.cells.some(isCounted)) return 'the first result has no cell that counts';
  if (!b.cells.some(isCounted)) return 'the second result has no cell that counts';
  return 'the two have no load in common: not one policy under the same rho, D / T, K / mu T, W / mu T, attempts, trigger and topology';
}

function differencesOf(a: StormResult, b: StormResult): Difference[] {
  return differing(flattened(surroundingsOf(a)), flattened(surroundingsOf(b)));
}

function surroundingsOf(result: StormResult): Record<string, unknown> {
  const { versions, conditions, machine, runtime, profile, commit, seeds, sideBySide } = result;
  const { loadAverage: _, ...hardware } = machine;
  return {
    versions,
    conditions,
    machine: hardware,
    runtime,
    profile,
    commit,
    seeds: seeds.join(' '),
    sideBySide,
    capacity: Object.fromEntries(
      result.calibrations.map((each) => [kindOf(each), ofNominal(each)]),
    ),
  };
}

function kindOf({ topology, transport, slots, serviceMs }: Calibration): string {
  return `${topology} on ${transport}, ${slots} slots of ${serviceMs} ms`;
}

function ofNominal({ capacityPerS, nominalPerS }: Calibration): string {
  return `${(capacityPerS / nominalPerS).toFixed(2)} of nominal`;
}

/** `{ a: { b: 1 } }` as `a.b`: `1`. */
function flattened(value: Readonly<Record<string, unknown>>, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(value).flatMap(([name, inner]): [string, string][] =>
      typeof inner === 'object' && inner !== null
        ? [...flattened(inner as Record<string, unknown>, `${prefix}${name}.`)] // no array is ever given
        : [[`${prefix}${name}`, String(inner)]],
    ),
  );
}

function differing(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): Difference[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .map((what) => ({ what, a: a.get(what) ?? 'none', b: b.get(what) ?? 'none' }))
    .filter((difference) => difference.a !== difference.b);
}
