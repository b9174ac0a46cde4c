/** Which cells of a result are drawn together, beside what `@lab/storm` counts. */
import type { LoadCount } from '@lab/contract';
import {
  groupsOf,
  loadName,
  measuredCount,
  stuckCount,
  troubledCells,
  type CountedCell,
  type LoadVerdict,
  type StormCell,
  type StormResult,
  type StuckCount,
} from '@lab/storm';

/** The policies' cells under the load that most of them share, one group a policy in the order of the result's list. */
export function policyGroups(result: StormResult): CountedCell[][] {
  const loads = groupsOf(troubledCells(result, 'policies'), ({ setting }) => loadName(setting));
  const most = loads.toSorted((a, b) => b.length - a.length)[0] ?? [];
  const rank = new Map(result.policies.map(({ name }, index) => [name, index]));
  const order = ({ setting }: CountedCell): number => rank.get(setting.policy) ?? rank.size;
  return groupsOf(
    most.toSorted((a, b) => order(a) - order(b) || a.setting.seed - b.setting.seed),
    ({ setting }) => setting.policy,
  );
}

export function modelCount(cells: readonly StormCell[]): StuckCount {
  return stuckCount(cells.map(({ model }) => model.verdict));
}

/** P(stuck) as it was seen. */
export function shareStuck({ stuck, n }: Pick<StuckCount, 'stuck' | 'n'>): number {
  return n === 0 ? 0 : stuck / n;
}

/** What most of the cells came to; where as many came to several, the worst of those. */
export function usualVerdict(count: StuckCount): LoadVerdict {
  const order = ['stuck', 'undecided', 'draining', 'recovered'] as const;
  return order.reduce((usual, verdict) => (count[verdict] > count[usual] ? verdict : usual));
}

/** A column of a cell's series; nought where it was left out. */
export function column({ series }: StormCell, name: LoadCount): readonly number[] {
  return series[name] ?? zeros(windowsOf(series));
}

function windowsOf(series: StormCell['series']): number {
  return Math.max(0, ...Object.values(series).map((values) => values.length));
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

/** The cell that stands for its group: of the usual verdict, of the seed that is preferred or else the lowest. */
export function representative(
  cells: readonly CountedCell[],
  seed: number | null = null,
): CountedCell | undefined {
  const usual = usualVerdict(measuredCount(cells));
  return cells
    .filter(({ measured }) => measured.verdict === usual)
    .toSorted(
      (a, b) =>
        Number(a.setting.seed !== seed) - Number(b.setting.seed !== seed) ||
        a.setting.seed - b.setting.seed,
    )[0];
}

/** The seed under which most groups came to what they usually come to; the lowest of those. */
export function sharedSeed(all: readonly (readonly CountedCell[])[]): number | null {
  const votes = new Map<number, number>();
  for (const cells of all) {
    const usual = usualVerdict(measuredCount(cells));
    for (const { setting, measured } of cells) {
      const vote = measured.verdict === usual ? 1 : 0;
      votes.set(setting.seed, (votes.get(setting.seed) ?? 0) + vote);
    }
  }
  return [...votes].toSorted((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? null;
}
