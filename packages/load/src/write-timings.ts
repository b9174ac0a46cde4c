import type { Journal } from '@lab/contract';
import type { Timings } from '@lab/workload';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';

/** Writes one `timing` event for each timing and part of which there is one. */
export function writeTimings(timings: Timings, journal: Journal): void {
  for (const { of, part, histogram, censored } of timings.all()) {
    const encoded = encodeIntoCompressedBase64(histogram);
    journal.record({ kind: 'timing', of, part, encoded, censored });
  }
}
