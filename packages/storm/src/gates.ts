/**
 * The honesty rules: conditions without which a cell says nothing about its policy, because the load, the trigger or the
 * machine was not what its setting says. A cell that misses one is printed and counted, never run again in silence.
 */
import { windowMsOf, type LoadSetting } from '@lab/contract';
import { median } from '@lab/statistics';
import { arrivalsOf } from '@lab/workload';

import type { MeasuredLoad } from './read-series.ts';
import type { Gate, LoadOutcome } from './result.ts';
import { partsOf, sumOver } from './windows.ts';

/** @returns every gate that applies to this setting, passed or not */
export function gatesOf(
  measured: MeasuredLoad,
  setting: LoadSetting,
  outcome: LoadOutcome,
): readonly Gate[] {
  const open = setting.closedCallers === null;
  const faulted = setting.trigger !== 'none' && setting.ramp === null;
  return [
    ...baselineGates(measured, setting, outcome),
    ...(open ? [scheduleGate(measured, setting), ...queueGates(measured, setting)] : []),
    ...(open ? lagGates(measured, setting) : []),
    cpuGate(measured),
    ...(faulted ? triggerGates(measured, setting) : []),
    // A killed broker takes its transient messages with it: there is no balance to strike.
    ...(setting.trigger === 'restart' ? [] : [booksGate(measured, setting)]),
  ];
}

/** Before the trigger nearly all succeeds, and nearly nothing is tried twice. */
function baselineGates(
  measured: MeasuredLoad,
  setting: LoadSetting,
  outcome: LoadOutcome,
): readonly Gate[] {
  const { baseline } = partsOf(measured.series, setting);
  const known = sumOver(measured.series.columns.offered, baseline) > 0;
  // With failures at random no more than 1 - f succeed at the first attempt, and 1 / (1 - f) attempts are needed a job.
  const share = 1 - setting.failureRate;
  return [
    atLeast('baseline goodput', known ? outcome.goodputBefore : null, 0.98 * share),
    atMost('baseline amplification', known ? outcome.amplificationBefore : null, 1.05 / share),
  ];
}

/** The client counted every job that was due, in every window: nothing held its loop up and no line is missing. */
function scheduleGate({ series }: MeasuredLoad, setting: LoadSetting): Gate {
  const { whole } = partsOf(series, setting);
  const untilMs = whole.to * windowMsOf(setting);
  const due = arrivalsOf(setting).filter((at) => at < untilMs).length;
  const offered = sumOver(series.columns.offered, whole);
  const astray = due === 0 ? null : Math.abs(offered - due) / due;
  return atMost('offered astray of the schedule', astray, 0.01);
}

/**
 * Median over the baseline of what waits in the queue at a window's end. A single reading would say less: at rho = 0.7
 * with 8 slots, more than five wait at one moment in thirty in a queue that is perfectly well.
 */
function queueGates({ series }: MeasuredLoad, setting: LoadSetting): readonly Gate[] {
  const { baseline } = partsOf(series, setting);
  const depths = series.columns.depth.slice(baseline.from, baseline.to);
  const waiting = depths.length === 0 ? null : median(depths);
  return [atMost('baseline queue', waiting, queueAllowed(setting))];
}

/**
 * Five messages up to rho = 0.8. Above, as many as an M/M/c queue of this load exceeds at one moment in a hundred:
 * P(k or more wait) = C(c, rho) rho^k with Erlang's C; so 40 at rho = 0.9 with 8 slots. From rho = 0.98 on, and where
 * the load is at or above the capacity, what it has at 0.98.
 */
export function queueAllowed(
  setting: Pick<LoadSetting, 'offeredPerS' | 'capacityPerS' | 'slots' | 'failureRate'>,
): number {
  const rho = setting.offeredPerS / setting.capacityPerS / (1 - setting.failureRate);
  if (rho <= 0.8) return 5;
  const load = Math.min(rho, 0.98);
  return Math.ceil(Math.log(0.01 / erlangC(setting.slots, load)) / Math.log(load));
}

/** Chance that a request has to wait in an M/M/c queue, through Erlang's B by its recursion. */
function erlangC(slots: number, rho: number): number {
  let blocked = 1;
  for (let servers = 1; servers <= slots; servers += 1) {
    blocked = (slots * rho * blocked) / (servers + slots * rho * blocked);
  }
  return blocked / (1 - rho * (1 - blocked));
}

function lagGates(measured: MeasuredLoad, setting: LoadSetting): readonly Gate[] {
  return [
    atMost('generator lag p99 ms', measured.lagP99Ms, 5),
    atMost('generator lag max ms', measured.lagMaxMs, setting.timeoutMs / 10),
  ];
}

/** The mean over the cell: one busy second (a broker that starts, a collection) is in `cpuPeak` and harms no verdict. */
function cpuGate({ series, cpuPeak }: MeasuredLoad): Gate {
  const { cpu } = series.columns;
  const mean = cpu.reduce((sum, share) => sum + share, 0) / cpu.length;
  return atMost('host CPU', cpuPeak === null ? null : mean, 0.7);
}

/** Confirmed on, confirmed off, and as long between as it was to be; how long a broker is away is not ours to say. */
function triggerGates({ trigger }: MeasuredLoad, setting: LoadSetting): readonly Gate[] {
  const { onMs, offMs } = trigger;
  const lasted = onMs === null || offMs === null ? null : offMs - onMs;
  const off = lasted === null ? null : Math.abs(lasted - setting.triggerMs);
  const allowed = Math.max(0.1 * setting.triggerMs, setting.timeoutMs / 2);
  return [
    atLeast('trigger confirmed on, ms', onMs, setting.warmUpMs),
    atLeast('trigger confirmed off, ms', offMs, onMs ?? setting.warmUpMs),
    ...(setting.trigger === 'restart' ? [] : [atMost('trigger length off by, ms', off, allowed)]),
  ];
}

/**
 * Every request that the broker took was handed out, was taken out, or waits. What may be on its way: two handfuls per
 * slot, for what the server holds unanswered and gets again when its connection was lost, and a tenth of a second of
 * the busiest traffic, because a window's counts and its reading of the queue are not of one instant.
 */
function booksGate({ series }: MeasuredLoad, setting: LoadSetting): Gate {
  const { reached, delivered, dropped, depth } = series.columns;
  const all = { from: 0, to: reached.length };
  const astray =
    sumOver(reached, all) - sumOver(delivered, all) - sumOver(dropped, all) - (depth.at(-1) ?? 0);
  const busiestPerMs = Math.max(0, ...reached) / series.windowMs;
  return atMost(
    'requests unaccounted for',
    Math.abs(astray),
    Math.ceil(10 * setting.slots + 100 * busiestPerMs),
  );
}

function atLeast(name: string, value: number | null, bound: number): Gate {
  return {
    name,
    rule: `${name} >= ${tidy(bound)}`,
    value,
    passed: value !== null && value >= bound,
  };
}

function atMost(name: string, value: number | null, bound: number): Gate {
  return {
    name,
    rule: `${name} <= ${tidy(bound)}`,
    value,
    passed: value !== null && value <= bound,
  };
}

function tidy(bound: number): number {
  return Math.round(bound * 1000) / 1000;
}
