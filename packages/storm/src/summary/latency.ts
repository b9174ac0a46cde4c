/** Latencies of an open loop from the intended moment and from the sending, beside those of a closed loop. Plot 9. */
import type { LoadTiming } from '@lab/contract';

import type { StormResult, TimingSummary } from '../result.ts';
import { countedCells, groupsOf, spreadOf, type CountedCell, type Spread } from './counted.ts';

export interface LatencyRow {
  readonly policy: string;
  readonly loop: 'open' | 'closed';
  readonly trigger: string;
  readonly of: LoadTiming;
  readonly part: TimingSummary['part'];
  readonly p50Ms: Spread | null;
  readonly p99Ms: Spread | null;
  readonly maxMs: Spread | null;
  /** Of all seeds together. */
  readonly count: number;
  readonly censored: number;
  /** p99 of the open loop by this closed one's, in the same block; null in an open loop's row. */
  readonly openByClosedP99: Spread | null;
}

interface Timed {
  readonly cell: CountedCell;
  readonly timing: TimingSummary;
}

export function latencyRows(result: StormResult): LatencyRow[] {
  const timed = countedCells(result, 'latency').flatMap((cell) =>
    cell.timings.map((timing): Timed => ({ cell, timing })),
  );
  return groupsOf(timed, nameOf).map((group) => rowOf(group, timed));
}

function nameOf({ cell: { setting }, timing }: Timed): string {
  return [setting.policy, setting.trigger, loopOf(setting), timing.of, timing.part].join();
}

function rowOf(group: readonly Timed[], all: readonly Timed[]): LatencyRow {
  const [first] = group;
  if (first === undefined) throw new Error('a row without timings');
  const { setting } = first.cell;
  const loop = loopOf(setting);
  return {
    policy: setting.policy,
    loop,
    trigger: setting.trigger,
    of: first.timing.of,
    part: first.timing.part,
    p50Ms: spreadOf(group.flatMap(({ timing }) => at(timing, 50))),
    p99Ms: spreadOf(group.flatMap(({ timing }) => at(timing, 99))),
    maxMs: spreadOf(group.map(({ timing }) => timing.maxMs)),
    count: group.reduce((sum, { timing }) => sum + timing.count, 0),
    censored: group.reduce((sum, { timing }) => sum + timing.censored, 0),
    openByClosedP99:
      loop === 'open' ? null : spreadOf(group.flatMap((closed) => openByClosed(closed, all))),
  };
}

function openByClosed(closed: Timed, all: readonly Timed[]): number[] {
  const open = all.find(
    ({ cell, timing }) =>
      cell.block === closed.cell.block &&
      cell.setting.policy === closed.cell.setting.policy &&
      cell.setting.trigger === closed.cell.setting.trigger &&
      loopOf(cell.setting) === 'open' &&
      timing.of === closed.timing.of &&
      timing.part === closed.timing.part,
  );
  const [above] = open === undefined ? [] : at(open.timing, 99);
  const [below] = at(closed.timing, 99);
  return above === undefined || below === undefined || below === 0 ? [] : [above / below];
}

function loopOf({ closedCallers }: CountedCell['setting']): 'open' | 'closed' {
  return closedCallers === null ? 'open' : 'closed';
}

/** The value at a percentile, in a list of one; empty where nothing was timed. */
function at({ count, percentiles }: TimingSummary, percentile: number): number[] {
  if (count === 0) return [];
  return percentiles.flatMap(([kept, ms]) => (kept === percentile ? [ms] : []));
}
