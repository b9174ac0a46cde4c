/** Which cells count, which belong together, and the counts and ranges in which all tables speak. */
import type { LoadSetting } from '@lab/contract';
import { median, survivalMedian, wilson } from '@lab/statistics';

import type { LoadOutcome, LoadVerdict, StormCell, StormResult, Study } from '../result.ts';

/** A cell that completed and passed every gate. */
export interface CountedCell extends StormCell {
  readonly measured: LoadOutcome;
}

/**
 * k of n, with Wilson's 95 % interval; never a mean, because outcomes are of two kinds. What is undecided may be either:
 * the interval is as wide as it is when all of that is not stuck, and when all of it is.
 */
export interface StuckCount {
  readonly n: number;
  readonly stuck: number;
  readonly recovered: number;
  readonly draining: number;
  readonly undecided: number;
  readonly low: number;
  readonly high: number;
}

/** A sample in three numbers. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** Times to recover, of which some were longer than the watch. */
export interface RecoveryTimes {
  /** Kaplan and Meier's; null: longer than the watch. */
  readonly medianMs: number | null;
  /** Of those that did recover; null where none did. */
  readonly shortestMs: number | null;
  readonly longestMs: number | null;
  /** How many did not within the watch. */
  readonly censored: number;
}

export function isCounted(cell: StormCell): cell is CountedCell {
  return cell.valid && cell.measured !== null;
}

/** Counted cells of a study in which something troubles the load: without the null triggers of its blocks. */
export function troubledCells(
  { cells }: Pick<StormResult, 'cells'>,
  study: Study,
): readonly CountedCell[] {
  return countedCells({ cells }, study).filter(({ setting }) => setting.trigger !== 'none');
}

export function countedCells(
  { cells }: Pick<StormResult, 'cells'>,
  study: Study,
): readonly CountedCell[] {
  return cells.filter(isCounted).filter((cell) => cell.study === study);
}

export function stuckCount(verdicts: readonly LoadVerdict[]): StuckCount {
  const count = (verdict: LoadVerdict): number => verdicts.filter((one) => one === verdict).length;
  const [n, stuck, undecided] = [verdicts.length, count('stuck'), count('undecided')];
  return {
    n,
    stuck,
    recovered: count('recovered'),
    draining: count('draining'),
    undecided,
    low: wilson(stuck, n).low,
    high: wilson(stuck + undecided, n).high,
  };
}

export function measuredCount(cells: readonly CountedCell[]): StuckCount {
  return stuckCount(cells.map(({ measured }) => measured.verdict));
}

export function recoveryTimes(cells: readonly CountedCell[]): RecoveryTimes {
  const seen = cells.flatMap(({ measured }) =>
    measured.recoveryMs === null ? [] : [measured.recoveryMs],
  );
  return {
    medianMs: survivalMedian(
      cells.map(({ measured: { recoveryMs, watchedMs } }) =>
        recoveryMs === null
          ? { value: watchedMs, censored: true }
          : { value: recoveryMs, censored: false },
      ),
    ),
    shortestMs: seen.length === 0 ? null : Math.min(...seen),
    longestMs: seen.length === 0 ? null : Math.max(...seen),
    censored: cells.length - seen.length,
  };
}

/** @returns null of an empty sample */
export function spreadOf(sample: readonly number[]): Spread | null {
  if (sample.length === 0) return null;
  return {
    median: median(sample),
    low: Math.min(...sample),
    high: Math.max(...sample),
    n: sample.length,
  };
}

/** rho: offered load in parts of the capacity. To three digits: what is offered follows a measured capacity. */
export function rhoOf({ offeredPerS, capacityPerS }: LoadSetting): number {
  return tidy(offeredPerS / capacityPerS);
}

/** mu T: requests the server can do within one timeout. */
export function muTOf({ capacityPerS, timeoutMs }: LoadSetting): number {
  return (capacityPerS * timeoutMs) / 1000;
}

/**
 * What a load is in dimensionless numbers, but for its policy and its seed: cells with the same may be compared. Sizes
 * are whole messages, so in parts of mu T they are told to a twentieth: 77 of 96 and 80 of 100 are the same load.
 */
export function loadName(setting: LoadSetting): string {
  const { timeoutMs, queueBound, concurrency, watchLimitMs } = setting;
  const parts = (ms: number): string => `${tidy(ms / timeoutMs)} T`;
  const overMuT = (size: number): string =>
    `${(Math.round((20 * size) / muTOf(setting)) / 20).toFixed(2)} mu T`;
  return [
    setting.topology,
    setting.transport,
    setting.ramp === null ? setting.trigger : `ramp ${setting.ramp.join(' to ')}`,
    `rho ${rhoOf(setting).toFixed(2)}`,
    `D ${parts(setting.triggerMs)}`,
    `watch ${parts(setting.observeMs)}${watchLimitMs === null ? '' : ` to ${parts(watchLimitMs)}`}`,
    `${setting.attempts} attempts`,
    ...(queueBound === null ? [] : [`K ${overMuT(queueBound)}`]),
    ...(concurrency === null ? [] : [`W ${overMuT(concurrency)}`]),
    ...(setting.hops === 1 ? [] : [`${setting.hops} hops`]),
    ...(setting.failureRate === 0 ? [] : [`failure rate ${setting.failureRate}`]),
    ...(setting.closedCallers === null ? [] : ['closed loop']),
  ].join(', ');
}

/** Groups in the order of their first members. */
export function groupsOf<Item>(items: readonly Item[], key: (item: Item) => string): Item[][] {
  return [...Map.groupBy(items, key).values()];
}

export function tidy(value: number): number {
  return Math.round(value * 1000) / 1000;
}
