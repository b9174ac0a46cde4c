/** The histograms of one program, or of one simulated load: a timing each for what was due before the trigger and for the rest. */
import type { LoadSetting, LoadTiming, TimingEvent } from '@lab/contract';
import { build, type Histogram } from 'hdr-histogram-js';

type Part = TimingEvent['part'];

export interface Timed {
  readonly of: LoadTiming;
  readonly part: Part;
  /** Of microseconds: 1 to 10 minutes, three digits. */
  readonly histogram: Histogram;
  /** How many of them were not over when counting ended. */
  censored: number;
}

/** Ten minutes. */
const longestMicros = 600e6;

export class Timings {
  readonly #warmUpMs: number;
  readonly #timed = new Map<string, Timed>();

  constructor({ warmUpMs }: Pick<LoadSetting, 'warmUpMs'>) {
    this.#warmUpMs = warmUpMs;
  }

  /** @param dueMs when its job was due, ms since the load's start: decides the part */
  record(of: LoadTiming, dueMs: number, tookMs: number): void {
    const micros = Math.round(tookMs * 1000);
    this.#timedOf(of, dueMs).histogram.recordValue(Math.min(Math.max(1, micros), longestMicros));
  }

  /** It was not over when counting ended: it goes in with the time it had taken, and is counted as such. */
  recordCensored(of: LoadTiming, dueMs: number, takenMs: number): void {
    this.record(of, dueMs, takenMs);
    this.#timedOf(of, dueMs).censored++;
  }

  /** One for each timing and part of which there is one. */
  all(): readonly Timed[] {
    return [...this.#timed.values()];
  }

  #timedOf(of: LoadTiming, dueMs: number): Timed {
    const part: Part = dueMs < this.#warmUpMs ? 'baseline' : 'after';
    const key = `${of} ${part}`;
    let timed = this.#timed.get(key);
    if (timed === undefined) {
      this.#timed.set(key, (timed = { of, part, histogram: empty(), censored: 0 }));
    }
    return timed;
  }
}

function empty(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: longestMicros,
    numberOfSignificantValueDigits: 3,
  });
}
