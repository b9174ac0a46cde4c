/** The histograms of a simulated load: the same as the programs keep. */
import type { LoadSetting, LoadTiming } from '@lab/contract';
import { build, type Histogram } from 'hdr-histogram-js';

import type { TimingSummary } from '../result.ts';
import { summariseTiming } from '../timing.ts';

type Part = TimingSummary['part'];

interface Timed {
  readonly of: LoadTiming;
  readonly part: Part;
  readonly histogram: Histogram;
  censored: number;
}

/** Ten minutes in microseconds. */
const longestMicros = 600e6;

export class Timings {
  readonly #warmUpMs: number;
  readonly #timed = new Map<string, Timed>();

  constructor({ warmUpMs }: Pick<LoadSetting, 'warmUpMs'>) {
    this.#warmUpMs = warmUpMs;
  }

  /** @param dueMs when its job was due: decides the part */
  record(of: LoadTiming, dueMs: number, tookMs: number): Timed {
    const part: Part = dueMs < this.#warmUpMs ? 'baseline' : 'after';
    const timed = this.#timedOf(of, part);
    const micros = Math.round(tookMs * 1000);
    timed.histogram.recordValue(Math.min(Math.max(1, micros), longestMicros));
    return timed;
  }

  /** It was not over when counting ended: it goes in with the time it had taken, and is counted as such. */
  recordCensored(of: LoadTiming, dueMs: number, takenMs: number): void {
    this.record(of, dueMs, takenMs).censored += 1;
  }

  summaries(): TimingSummary[] {
    return [...this.#timed.values()].map(({ of, part, histogram, censored }) =>
      summariseTiming(of, part, histogram, censored),
    );
  }

  #timedOf(of: LoadTiming, part: Part): Timed {
    const key = `${of} ${part}`;
    let timed = this.#timed.get(key);
    if (timed === undefined) {
      const histogram = build({
        lowestDiscernibleValue: 1,
        highestTrackableValue: longestMicros,
        numberOfSignificantValueDigits: 3,
      });
      this.#timed.set(key, (timed = { of, part, histogram, censored: 0 }));
    }
    return timed;
  }
}
