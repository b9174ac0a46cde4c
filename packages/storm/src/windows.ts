/**
 * Which windows of a load belong to which part of it. Only whole windows are judged: the one that the load's end cuts
 * short, and the one in which the trigger came on, are in no part.
 *
 *   | warm-up third | baseline ........ | trigger | watch ................ last third |
 *   0            warmUp/3             on      removed                             end
 */
import { loadMsOf, type LoadSetting } from '@lab/contract';

import type { LoadSeries } from './series.ts';

/** Windows `from` to `to`, the last not included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Parts {
  readonly baseline: Span;
  /** When the trigger was gone, ms since the load's start: the zero of recovery times. */
  readonly removedAtMs: number;
  /** From the window in which the trigger went to the end. */
  readonly watch: Span;
  readonly lastThird: Span;
  /** All whole windows. */
  readonly whole: Span;
}

export function partsOf(series: LoadSeries, setting: LoadSetting): Parts {
  const { windowMs } = series;
  const endMs = loadMsOf(setting);
  const end = Math.min(series.columns.offered.length, Math.floor(endMs / windowMs + rounding));
  const firstFrom = (ms: number): number => Math.ceil(ms / windowMs - rounding);
  const lastUntil = (ms: number): number => Math.min(end, Math.floor(ms / windowMs + rounding));

  const [quietFromMs, quietUntilMs] = quietOf(series, setting);
  const removedAtMs = Math.min(endMs, removalOf(series, setting));
  return {
    baseline: span(firstFrom(quietFromMs), lastUntil(quietUntilMs)),
    removedAtMs,
    watch: span(lastUntil(removedAtMs), end),
    lastThird: span(firstFrom(endMs - (endMs - removedAtMs) / 3), end),
    whole: span(0, end),
  };
}

function span(from: number, to: number): Span {
  return { from: Math.min(from, to), to };
}

/** Sum of a column over a span. */
export function sumOver(column: readonly number[], { from, to }: Span): number {
  return column.slice(from, to).reduce((sum, value) => sum + value, 0);
}

/** The last two thirds of the time before the trigger; on a ramp, the climb until 0.7 of the capacity. */
function quietOf(series: LoadSeries, setting: LoadSetting): readonly [number, number] {
  if (setting.ramp !== null) {
    const [low, high] = setting.ramp;
    const below = high > 0.7 ? Math.max(0, 0.7 - low) / (high - low) : 1;
    return [0, (loadMsOf(setting) / 2) * below];
  }
  const { warmUpMs } = setting;
  return [warmUpMs / 3, Math.min(warmUpMs, series.triggerOnMs ?? warmUpMs)];
}

/**
 * The confirmed end of the trigger. Where there is none: the moment at which one would have ended; on a ramp, when the
 * offered load has come down to the capacity again.
 */
function removalOf(series: LoadSeries, setting: LoadSetting): number {
  if (setting.ramp !== null) {
    const [low, high] = setting.ramp;
    const above = high > 1 && low < 1 ? (high - 1) / (high - low) : 0;
    return (loadMsOf(setting) / 2) * (1 + above);
  }
  return series.triggerOffMs ?? setting.warmUpMs + setting.triggerMs;
}

/** Parts of a window: times are sums of milliseconds and may miss a border by a rounding error. */
const rounding = 1e-6;
