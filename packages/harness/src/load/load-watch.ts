/**
 * Decides while a load goes on how long it is watched: reads what its programs and the lab have counted so far, and asks at
 * the end of each step (`watchesOf`) whether it can be said what has become of it.
 */
import { loadMsOf, watchedFor, windowMsOf, type EventBody, type LoadSetting } from '@lab/contract';
import { isDecided, seriesOf, watchesOf, type CountedLine } from '@lab/storm';

import { hasPool } from './samplers.ts';

export interface LoadWatchOptions {
  readonly setting: LoadSetting;
  /** The machine's monotonic clock, ms: that of every load's start. */
  readonly clock: () => number;
}

export class LoadWatch {
  readonly #options: LoadWatchOptions;
  readonly #steps: number[];
  readonly #lines: CountedLine[] = [];
  /** The last window of which each of these has written its line. */
  readonly #counted: Map<string, number>;
  #startedAt: number | null = null;
  #onAt: number | null = null;
  #offAt: number | null = null;

  constructor(options: LoadWatchOptions) {
    const { setting } = options;
    this.#options = options;
    this.#steps = watchesOf(setting);
    const counting = ['client', 'server', ...(hasPool(setting) ? ['pool'] : []), 'lab'];
    this.#counted = new Map(counting.map((source) => [source, -1]));
  }

  /** @param source who wrote it: a role, or `lab` */
  see(event: EventBody, source: string): void {
    if (event.kind === 'fault' && event.phase === 'on') this.#onAt ??= this.#options.clock();
    if (event.kind === 'fault' && event.phase === 'off') this.#offAt = this.#options.clock();
    if (event.kind !== 'load') return;
    const { queue, window, counts } = event;
    if (source === 'client') this.#startedAt ??= event.startedAt;
    this.#lines.push({ source, queue, window, counts });
    // the lab writes a window's queue last
    if (source === 'lab' && counts.depth === undefined) return;
    const last = this.#counted.get(source);
    if (last !== undefined) this.#counted.set(source, Math.max(last, window));
  }

  /** @returns how long the load was watched, ms, once, when that is long enough; null: not yet */
  enough(): number | null {
    const { setting } = this.#options;
    for (let step = this.#steps[0]; step !== undefined; step = this.#steps[0]) {
      const watched = watchedFor(setting, step);
      const windows = Math.round(loadMsOf(watched) / windowMsOf(setting));
      if (Math.min(...this.#counted.values()) < windows - 1) return null;
      this.#steps.shift();
      if (this.#steps.length > 0 && !isDecided(this.#series(watched), setting, step)) continue;
      this.#steps.length = 0;
      return step;
    }
    return null;
  }

  #series(watched: LoadSetting): ReturnType<typeof seriesOf> {
    const sinceStart = (at: number | null): number | null =>
      at === null || this.#startedAt === null ? null : at - this.#startedAt;
    return seriesOf(this.#lines, watched, {
      onMs: sinceStart(this.#onAt),
      offMs: sinceStart(this.#offAt),
    });
  }
}
