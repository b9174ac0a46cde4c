/**
 * Mu, measured and not believed: how many requests a second the server does when it is never idle, over the same
 * sockets, with the same prefetch, as many side by side as the run will have. Without it every published rho could be
 * wrong by the factor that a socket option costs.
 */
import { EnvironmentError } from '@lab/brokers';
import { windowMsOf, type LoadSetting } from '@lab/contract';
import { median } from '@lab/statistics';
import type { Calibration, Gate, LoadSeries } from '@lab/storm';
import { serviceMsOf } from '@lab/workload';

import { hasPool, nominalPerS, settingOf, type PlannedLoad } from './planned-load.ts';

/** Below this share of what the server could nominally do, the harness is what limits it, and nothing may be measured. */
const leastShare = 0.95;

const warmMs = 2000;
const measuredMs = 5000;
const shortWarmMs = 1000;
const shortMeasuredMs = 2000;

/**
 * The load that keeps the server busy: callers in a closed loop, four for each of its slots; where a pool stands
 * between, a pool of that size with more jobs than it can do.
 * @param short for a demonstration: less than half the time, and about twice the error
 */
export function saturating(load: PlannedLoad, seed: number, short: boolean): LoadSetting {
  const nominal = nominalPerS(load);
  const callers = 4 * load.slots;
  const pooled = hasPool(load.topology);
  const quiet: PlannedLoad = {
    ...load,
    seed,
    policy: 'none',
    attempts: 1,
    hops: 1,
    trigger: 'none',
    triggerMs: 0,
    warmUpMs: short ? shortWarmMs : warmMs,
    watchLimitMs: null,
    observeMs: (short ? shortMeasuredMs : measuredMs) + windowMsOf(load),
    failureRate: 0,
    ramp: null,
    boundOverMuT: null,
    rho: 1.5, // closed callers take jobs that are due: at 1 there would not always be one
    closedCallers: pooled ? null : callers,
  };
  return { ...settingOf(quiet, nominal), concurrency: pooled ? callers : null };
}

/**
 * Requests a second that were served to the end, over the whole windows after the warm-up; the last window is left
 * out, as it may not have been written to its end. A few hundred exponential service times are some percent longer or
 * shorter than their mean by chance. What they were is known, so their chance is taken out: the count is weighted by
 * their mean over the nominal one (control variate). What is left is what the machine adds.
 * @throws RangeError when there is no such window
 */
export function servedPerS(
  series: LoadSeries,
  setting: Pick<LoadSetting, 'warmUpMs' | 'seed' | 'serviceMs'>,
): number {
  const { windowMs, columns } = series;
  const first = Math.ceil(setting.warmUpMs / windowMs);
  const counted = columns.served.slice(first, -1);
  if (counted.length === 0) throw new RangeError('no whole window after the warm-up');
  const before = sum(columns.served.slice(0, first));
  const served = sum(counted);
  // One attempt a job, first in, first out: the jobs that were served are the next so many.
  const drawnMs = sum(
    Array.from({ length: served }, (_, index) => serviceMsOf(setting, before + index, 1)),
  );
  return ((drawnMs / setting.serviceMs) * 1000) / (counted.length * windowMs);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** @param measuredPerS one of each of those that ran side by side; at least one */
export function calibrationOf(load: PlannedLoad, measuredPerS: readonly number[]): Calibration {
  const { topology, transport, slots, serviceMs } = load;
  return {
    topology,
    transport,
    slots,
    serviceMs,
    nominalPerS: nominalPerS(load),
    measuredPerS: [...measuredPerS],
    capacityPerS: median(measuredPerS),
    sideBySide: measuredPerS.length,
  };
}

/** The calibration as a gate of every cell that rests on it. */
export function capacityGate({ capacityPerS, nominalPerS: nominal }: Calibration): Gate {
  const value = capacityPerS / nominal;
  const rule = `measured capacity by nominal >= ${leastShare}`;
  return { name: 'capacity', rule, value, passed: value >= leastShare };
}

/** What is said instead of running when a machine cannot carry the plan. */
export function tooSlow(calibration: Calibration): EnvironmentError {
  const { topology, transport, measuredPerS, capacityPerS, nominalPerS: nominal } = calibration;
  const percent = ((100 * capacityPerS) / nominal).toFixed(0);
  const fewer = Math.max(1, Math.floor(measuredPerS.length / 2));
  return new EnvironmentError({
    what: `the server does ${capacityPerS.toFixed(0)} requests/s of ${nominal.toFixed(0)} (${percent} %)`,
    where: `calibration of ${topology} on ${transport}, ${measuredPerS.length} side by side`,
    why: `below ${100 * leastShare} % something other than its work limits it, and every utilisation would be wrong`,
    next: `end what else keeps this machine busy, or run fewer side by side with --parallel ${fewer}; --anyway runs all the same, and counts nothing`,
  });
}
