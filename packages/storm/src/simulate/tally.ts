/** Counts by window in simulated time, the way the programs of a load count theirs. */
import {
  loadCounts,
  windowCount,
  windowMsOf,
  type LoadCount,
  type LoadSetting,
} from '@lab/contract';

import type { LoadSeries } from '../series.ts';
import type { Clock } from './clock.ts';

export class Tally {
  readonly windows: number;
  readonly #clock: Clock;
  readonly #setting: LoadSetting;
  readonly #windowMs: number;
  readonly #columns: Record<LoadCount, number[]>;

  constructor(clock: Clock, setting: LoadSetting) {
    this.#clock = clock;
    this.#setting = setting;
    this.#windowMs = windowMsOf(setting);
    this.windows = windowCount(setting);
    const column = (): number[] => Array.from({ length: this.windows }, () => 0);
    this.#columns = Object.fromEntries(loadCounts.map((count) => [count, column()])) as Record<
      LoadCount,
      number[]
    >; // one entry for every count
  }

  /** One more of these, now. */
  add(count: LoadCount): void {
    const column = this.#columns[count];
    const window = Math.min(this.windows - 1, Math.floor(this.#clock.nowMs / this.#windowMs));
    column[window] = (column[window] ?? 0) + 1;
  }

  /** Calls `read` at the end of every window and writes down what it says, as the lab does with the depth of a queue. */
  sample(count: LoadCount, read: () => number): void {
    const column = this.#columns[count];
    for (let window = 0; window < this.windows; window++) {
      this.#clock.at((window + 1) * this.#windowMs, () => (column[window] = read()));
    }
    this.#readings.push({ count, read });
  }

  /** What was counted until now. @param untilMs how much of the load that is; its last window may be a short one */
  series(untilMs: number): LoadSeries {
    const windows = Math.min(this.windows, Math.ceil(untilMs / this.#windowMs - 1e-9));
    const columns = Object.fromEntries(
      loadCounts.map((count) => [count, this.#columns[count].slice(0, windows)]),
    ) as Record<LoadCount, number[]>; // one entry for every count
    for (const { count, read } of this.#readings) columns[count][windows - 1] = read();
    const { trigger, warmUpMs, triggerMs } = this.#setting;
    const none = trigger === 'none';
    return {
      windowMs: this.#windowMs,
      columns,
      triggerOnMs: none ? null : warmUpMs,
      triggerOffMs: none ? null : warmUpMs + triggerMs,
    };
  }

  readonly #readings: { readonly count: LoadCount; readonly read: () => number }[] = [];
}
