/** Which cells of a result belong together: the selections and counts that tables and plots share. */
import type { LoadCount, LoadSetting } from '@lab/contract';
import { wilson } from '@lab/statistics';
import type { LoadOutcome, LoadVerdict, StormCell, StormResult, Study } from '@lab/storm';

/** A cell that completed and passed every gate. */
export interface ValidCell extends StormCell {
  readonly measured: LoadOutcome;
}

export function isValid(cell: StormCell): cell is ValidCell {
  return cell.valid && cell.measured !== null;
}

/** Valid cells of a study, as they ran. */
export function validOf({ cells }: Pick<StormResult, 'cells'>, study: Study): ValidCell[] {
  return cells.filter(isValid).filter((cell) => cell.study === study);
}

/** Those that were troubled: without their null triggers. */
export function troubled(cells: readonly ValidCell[]): ValidCell[] {
  return cells.filter(({ setting }) => setting.trigger !== 'none');
}

/** rho: offered load in parts of capacity. */
export function rhoOf({ offeredPerS, capacityPerS }: LoadSetting): number {
  return offeredPerS / capacityPerS;
}

/** mu T: what the server can do within one timeout, in requests; a queue that long takes a whole timeout. */
export function muT({ capacityPerS, timeoutMs }: LoadSetting): number {
  return (capacityPerS * timeoutMs) / 1000;
}

/** What a load is, without its policy and its seed: cells of one of these may be compared. */
export function loadName(setting: LoadSetting): string {
  const { topology, transport, trigger, triggerMs, timeoutMs, observeMs, attempts, hops } = setting;
  const rho = rhoOf(setting).toFixed(3);
  return [
    topology,
    transport,
    trigger,
    triggerMs,
    timeoutMs,
    observeMs,
    attempts,
    hops,
    rho,
  ].join();
}

/** Groups in the order in which their first member comes. */
export function groups<T>(items: readonly T[], name: (item: T) => string): T[][] {
  return [...Map.groupBy(items, name).values()];
}

/** The policies' cells under the load that most of them share, one group a policy in the order of the result's list. */
export function policyGroups(result: StormResult): ValidCell[][] {
  const loads = groups(troubled(validOf(result, 'policies')), ({ setting }) => loadName(setting));
  const most = loads.toSorted((a, b) => b.length - a.length)[0] ?? [];
  const rank = new Map(result.policies.map(({ name }, index) => [name, index]));
  const order = ({ setting }: ValidCell): number => rank.get(setting.policy) ?? rank.size;
  return groups(
    most.toSorted((a, b) => order(a) - order(b) || a.setting.seed - b.setting.seed),
    ({ setting }) => setting.policy,
  );
}

/** How many of some cells came to what. */
export interface Tally {
  readonly n: number;
  readonly stuck: number;
  readonly recovered: number;
  readonly censored: number;
  /** P(stuck), and Wilson's 95 % interval. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export function tallyOf(verdicts: readonly LoadVerdict[]): Tally {
  const times = (verdict: LoadVerdict): number =>
    verdicts.filter((each) => each === verdict).length;
  const n = verdicts.length;
  const stuck = times('stuck');
  return {
    n,
    stuck,
    recovered: times('recovered'),
    censored: times('censored'),
    share: n === 0 ? 0 : stuck / n,
    ...wilson(stuck, n),
  };
}

export function measuredTally(cells: readonly ValidCell[]): Tally {
  return tallyOf(cells.map(({ measured }) => measured.verdict));
}

export function modelTally(cells: readonly StormCell[]): Tally {
  return tallyOf(cells.map(({ model }) => model.verdict));
}

/** What most of the cells came to; stuck before censored before recovered where as many did. */
export function usualVerdict({ stuck, recovered, censored }: Tally): LoadVerdict {
  if (stuck > 0 && stuck >= recovered && stuck >= censored) return 'stuck';
  return censored > 0 && censored >= recovered ? 'censored' : 'recovered';
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
  cells: readonly ValidCell[],
  seed: number | null = null,
): ValidCell | undefined {
  const usual = usualVerdict(measuredTally(cells));
  return cells
    .filter(({ measured }) => measured.verdict === usual)
    .toSorted(
      (a, b) =>
        Number(a.setting.seed !== seed) - Number(b.setting.seed !== seed) ||
        a.setting.seed - b.setting.seed,
    )[0];
}

/** The seed under which most groups came to what they usually come to; the lowest of those. */
export function sharedSeed(all: readonly (readonly ValidCell[])[]): number | null {
  const votes = new Map<number, number>();
  for (const cells of all) {
    const usual = usualVerdict(measuredTally(cells));
    for (const { setting, measured } of cells) {
      const vote = measured.verdict === usual ? 1 : 0;
      votes.set(setting.seed, (votes.get(setting.seed) ?? 0) + vote);
    }
  }
  return [...votes].toSorted((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? null;
}
