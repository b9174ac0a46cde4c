/**
 * The honesty rules: conditions without which a cell says nothing about its policy, because the load, the trigger or the
 * machine was not what its setting says. A cell that misses one is printed and counted, never run again in silence.
 */
import { windowMsOf, type LoadCount, type LoadSetting } from '@lab/contract';
import { median } from '@lab/statistics';
import { arrivalsOf } from '@lab/workload';

import type { MeasuredLoad } from './read-series.ts';
import type { Gate, LoadOutcome } from './result.ts';
import type { LoadSeries } from './series.ts';
import { partsOf, sumOver, type Span } from './windows.ts';

/** @returns every gate that applies to this load, passed or not */
export function gatesOf(measured: MeasuredLoad, outcome: LoadOutcome): readonly Gate[] {
  const { setting } = measured;
  const open = setting.closedCallers === null;
  const faulted = setting.trigger !== 'none' && setting.ramp === null;
  return [
    linesGate(measured),
    toldGate(measured),
    jobsGate(measured),
    ...(setting.topology === 'layers' ? [] : [answersGate(measured), handsGate(measured)]),
    ...baselineGates(measured, setting, outcome),
    ...(open ? [scheduleGate(measured, setting), ...queueGates(measured, setting)] : []),
    ...(open ? lagGates(measured, setting) : []),
    cpuGate(measured),
    ...(faulted ? triggerGates(measured, setting) : []),
    // A killed broker takes its transient messages with it: there is no balance to strike.
    ...(setting.trigger === 'restart' ? [] : [booksGate(measured, setting)]),
  ];
}

/**
 * Whether missing this gate says that the machine was disturbed, so that the same load may pass once it is not. A gate on
 * the lab's own books is not of that kind: counts that do not add up are a defect, and another run must not hide it.
 */
export function isOfTheMachine({ name, value }: Gate): boolean {
  return value !== null && !gatesOnBooks.has(name);
}

const scheduleName = 'offered jobs astray of the schedule';
const booksName = 'requests unaccounted for';
const onName = 'trigger confirmed on, ms';
const offName = 'trigger confirmed off, ms';
const linesName = 'lines of the history astray';
const toldName = 'programs that were told another load';
const jobsName = 'jobs unaccounted for';
const answersName = 'answers beyond what was served';
const handsName = "requests in the server's hands unaccounted for";
const gatesOnBooks: ReadonlySet<string> = new Set([
  scheduleName,
  booksName,
  onName,
  offName,
  linesName,
  toldName,
  jobsName,
  answersName,
  handsName,
]);

/** Every line that was written is there, once and in its place, and nobody who counts left out a window (lines.ts). */
function linesGate({ lines: { astray } }: MeasuredLoad): Gate {
  return none(linesName, astray);
}

/** Every program played the load that its cell says: histories of two loads cannot be taken for each other. */
function toldGate({ lines: { strangers } }: MeasuredLoad): Gate {
  return none(toldName, strangers);
}

/**
 * At the end of every window, jobs that were offered have succeeded, failed, were refused, or are under way; so no more can
 * have succeeded than were offered. Whoever counts the ends says how many are under way, from what it holds and not from
 * its counts, so that the two are evidence of each other; to the job.
 */
function jobsGate({ series: { columns } }: MeasuredLoad): Gate {
  let open = 0;
  const astray = columns.offered.map((offered, window) => {
    const of = (count: LoadCount): number => columns[count][window] ?? 0;
    open += offered - of('succeeded') - of('failed') - of('refused');
    return Math.abs(open - of('underWay'));
  });
  return atMost(jobsName, Math.max(0, ...astray), 0);
}

/** By the end of every window, no more has been answered than the server worked on to the end. */
function answersGate({ series: { columns } }: MeasuredLoad): Gate {
  let beyond = 0;
  const astray = columns.served.map((served, window) => {
    const of = (count: LoadCount): number => columns[count][window] ?? 0;
    beyond += of('succeeded') + of('late') + of('errors') - served;
    return beyond;
  });
  return atMost(answersName, Math.max(0, ...astray), 0);
}

/** What was handed to the server it worked on, dropped, or has; what may be on its way is what `booksGate` allows. */
function handsGate({ series, setting }: MeasuredLoad): Gate {
  const { delivered, served, expired, unacknowledged } = series.columns;
  let open = 0;
  const astray = delivered.map((handed, window) => {
    open += handed - (served[window] ?? 0) - (expired[window] ?? 0);
    return Math.abs(open - (unacknowledged[window] ?? 0));
  });
  return atMost(handsName, Math.max(0, ...astray), onTheWay(series, setting));
}

/**
 * Before the trigger nearly all succeeds, and nearly nothing is tried twice. Goodput is asked of the jobs that ended in
 * the baseline, so that those under way at its borders do not weigh. Where requests fail at random, how many jobs succeed
 * is the policy's doing; what is asked there is that attempts are answered, and of the attempts a job 1 / (1 - f) and
 * three standard deviations are expected. One attempt may have been taken on the other side of the border. Where no job
 * was due in the baseline there is nothing to ask.
 */
function baselineGates(
  { series }: MeasuredLoad,
  setting: LoadSetting,
  outcome: LoadOutcome,
): readonly Gate[] {
  const { baseline } = partsOf(series, setting);
  const sum = (count: LoadCount): number => sumOver(series.columns[count], baseline);
  const due = dueIn(setting, baseline);
  if (due === 0) return [];
  const failing = setting.failureRate;
  const mostAttempts =
    1.05 / (1 - failing) + 1 / due + (3 * Math.sqrt(failing / due)) / (1 - failing);
  return [
    failing === 0
      ? atLeast(
          'baseline goodput',
          shareOf(sum('succeeded'), sum('succeeded') + sum('failed') + sum('refused')),
          0.98,
        )
      : atLeast(
          'baseline attempts answered',
          shareOf(sum('sent') - sum('timedOut'), sum('sent')),
          0.98,
        ),
    atMost('baseline amplification', outcome.amplificationBefore, mostAttempts),
  ];
}

/** The client counted every job that was due, in every window: nothing held its loop up and no line is missing. */
function scheduleGate({ series }: MeasuredLoad, setting: LoadSetting): Gate {
  const { whole } = partsOf(series, setting);
  const due = dueIn(setting, whole);
  const offered = sumOver(series.columns.offered, whole);
  return atMost(scheduleName, Math.abs(offered - due), Math.max(1, due / 100));
}

function dueIn(setting: LoadSetting, { from, to }: Span): number {
  const windowMs = windowMsOf(setting);
  return arrivalsOf(setting).filter((at) => at >= from * windowMs && at < to * windowMs).length;
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

/**
 * What a verdict can bear, as the simulator says: of 1200 loads whose generator stood still for T / 10 in every 2 T none
 * had another verdict than with a generator in time, nor of 1200 where it stood still for 3 T / 10 in every 8 T. At T / 2
 * the first kind had: what comes due meanwhile is offered at once, and works as a trigger of its own. Times are taken from
 * when a job was due, so a late generator makes them longer, never shorter.
 */
function lagGates(measured: MeasuredLoad, { timeoutMs }: LoadSetting): readonly Gate[] {
  return [
    atMost('generator lag p99 ms', measured.lagP99Ms, timeoutMs / 10),
    atMost('generator lag max ms', measured.lagMaxMs, 0.3 * timeoutMs),
  ];
}

/**
 * The mean over the cell: one busy second (a broker that starts, a collection) is in `cpuPeak` and harms no verdict. What
 * a busy host does to a load is seen by the gates on the generator's lag and on capacity; beyond this they may miss it.
 */
function cpuGate({ series, cpuPeak }: MeasuredLoad): Gate {
  const { cpu } = series.columns;
  const mean = cpu.reduce((sum, share) => sum + share, 0) / cpu.length;
  return atMost('host CPU', cpuPeak === null ? null : mean, 0.85);
}

/** Confirmed on, confirmed off, and as long between as it was to be; how long a broker is away is not ours to say. */
function triggerGates({ trigger }: MeasuredLoad, setting: LoadSetting): readonly Gate[] {
  const { onMs, offMs } = trigger;
  const lasted = onMs === null || offMs === null ? null : offMs - onMs;
  const off = lasted === null ? null : Math.abs(lasted - setting.triggerMs);
  const allowed = Math.max(0.1 * setting.triggerMs, setting.timeoutMs / 2);
  return [
    atLeast(onName, onMs, setting.warmUpMs),
    atLeast(offName, offMs, onMs ?? setting.warmUpMs),
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
  return atMost(booksName, Math.abs(astray), onTheWay(series, setting));
}

function onTheWay({ columns, windowMs }: LoadSeries, { slots }: LoadSetting): number {
  const busiestPerMs = Math.max(0, ...columns.reached) / windowMs;
  return Math.ceil(10 * slots + 100 * busiestPerMs);
}

/** Passed where there is nothing to tell; else the rule says what was found. */
function none(name: string, found: readonly string[]): Gate {
  const more = found.length > 3 ? [`${found.length - 3} more`] : [];
  const told = [...found.slice(0, 3), ...more].join('; ');
  return {
    name,
    rule: found.length === 0 ? `${name} <= 0` : `${name} <= 0 (${told})`,
    value: found.length,
    passed: found.length === 0,
  };
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

/** Null where there is nothing of which it would be a share. */
function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function tidy(bound: number): number {
  return Math.round(bound * 1000) / 1000;
}
