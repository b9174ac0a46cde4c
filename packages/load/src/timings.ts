/** The histograms of one program: a timing each for what was due before the trigger and for the rest. */
import type { Journal, LoadSetting, LoadTiming, TimingEvent } from '@lab/contract';
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

type Part = TimingEvent['part'];

interface Timed {
  readonly of: LoadTiming;
  readonly part: Part;
  readonly histogram: Histogram;
  censored: number;
}

/** 1 microsecond to 10 minutes, three digits. */
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

  /** Writes one `timing` event for each timing and part of which there is one. */
  write(journal: Journal): void {
    for (const { of, part, histogram, censored } of this.#timed.values()) {
      const encoded = encodeIntoCompressedBase64(histogram);
      journal.record({ kind: 'timing', of, part, encoded, censored });
    }
  }

  #timedOf(of: LoadTiming, dueMs: number): Timed {
    const part: Part = dueMs < this.#warmUpMs ? 'baseline' : 'after';
    const key = `${of} ${part}`;
    let timed = this.#timed.get(key);
    if (timed === undefined) this.#timed.set(key, (timed = newTimed(of, part)));
    return timed;
  }
}

function newTimed(of: LoadTiming, part: Part): Timed {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: longestMicros,
    numberOfSignificantValueDigits: 3,
  });
  return { of, part, histogram, censored: 0 };
}
