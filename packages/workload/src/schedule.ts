/**
 * When jobs are due. A Poisson process whose schedule is fixed before the load starts: nothing that the system does
 * can slow it down. The gaps are drawn at unit rate and stretched by the offered rate (time change of a Poisson
 * process), so that the same seed gives the same random numbers at every rate and with every spike.
 */
import { loadMsOf, type LoadSetting } from '@lab/contract';

import { exponential, streamOf } from './random.ts';

/** @returns when each job is due, ms since the load's start, rising; all are before the load's end. */
export function arrivalsOf(setting: LoadSetting): Float64Array {
  const endMs = loadMsOf(setting);
  const draw = streamOf(setting.seed, 'arrivals');
  const arrivals: number[] = [];
  let due = 0;
  for (let expected = exponential(draw()); ; expected += exponential(draw())) {
    due = timeOfExpected(setting, expected, due);
    if (!(due < endMs)) return Float64Array.from(arrivals);
    arrivals.push(due);
  }
}

/** Jobs offered a second at a moment of the load. */
export function offeredAt(setting: LoadSetting, atMs: number): number {
  const { ramp, capacityPerS, offeredPerS, trigger, spikeFactor, warmUpMs, triggerMs } = setting;
  if (ramp !== null) {
    const endMs = loadMsOf(setting);
    const [low, high] = ramp;
    const climbed = 1 - Math.abs((2 * atMs) / endMs - 1); // 0 at both ends, 1 in the middle
    return capacityPerS * (low + (high - low) * climbed);
  }
  const spiking = trigger === 'spike' && atMs >= warmUpMs && atMs < warmUpMs + triggerMs;
  return offeredPerS * (spiking ? spikeFactor : 1);
}

/**
 * Inverts the expected number of jobs since the start, in steps so short that the rate is constant within one.
 * @param from a time known to lie before the answer
 */
function timeOfExpected(setting: LoadSetting, expected: number, from: number): number {
  if (setting.ramp === null) return inverseOfSteps(setting, expected);
  return inverseOfRamp(setting, expected, from);
}

/** Constant but for a spike: three straight pieces. */
function inverseOfSteps(setting: LoadSetting, expected: number): number {
  const { offeredPerS, trigger, spikeFactor, warmUpMs, triggerMs } = setting;
  const perMs = offeredPerS / 1000;
  if (trigger !== 'spike') return expected / perMs;
  const before = warmUpMs * perMs;
  const during = triggerMs * perMs * spikeFactor;
  if (expected <= before) return expected / perMs;
  if (expected <= before + during) return warmUpMs + (expected - before) / (perMs * spikeFactor);
  return warmUpMs + triggerMs + (expected - before - during) / perMs;
}

/** Up and down again: a parabola on each side, whose inverse is a square root. */
function inverseOfRamp(setting: LoadSetting, expected: number, from: number): number {
  const { ramp, capacityPerS } = setting;
  if (ramp === null) throw new Error('no ramp');
  const half = loadMsOf(setting) / 2;
  const [low, high] = [(ramp[0] * capacityPerS) / 1000, (ramp[1] * capacityPerS) / 1000];
  const slope = (high - low) / half;
  const upTo = ((low + high) / 2) * half;
  const rising = (jobs: number): number =>
    slope === 0 ? jobs / low : (Math.sqrt(low * low + 2 * slope * jobs) - low) / slope;
  if (expected <= upTo) return Math.max(from, rising(expected));
  if (expected >= 2 * upTo) return Number.POSITIVE_INFINITY;
  return Math.max(from, 2 * half - rising(2 * upTo - expected));
}
