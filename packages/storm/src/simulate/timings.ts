/** The histograms of a simulated load: the same as the programs keep, and summed up as theirs are. */
import { Timings as Histograms } from '@lab/workload';

import type { TimingSummary } from '../result.ts';
import { summariseTiming } from '../timing.ts';

export class Timings extends Histograms {
  summaries(): TimingSummary[] {
    return this.all().map(({ of, part, histogram, censored }) =>
      summariseTiming(of, part, histogram, censored),
    );
  }
}
