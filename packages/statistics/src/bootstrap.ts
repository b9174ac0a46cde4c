import { quantile } from './quantile.ts';

export interface BootstrapOptions {
  /** Uniform in [0, 1), seeded by the caller: the same stream gives the same interval. */
  readonly random: () => number;
  /** How many times the sample is drawn anew; at 1 000 the bounds themselves stray by about a fiftieth of the width. */
  readonly resamples?: number;
  /** 0.95 for a 95 % interval. */
  readonly level?: number;
}

/**
 * Percentile bootstrap (Efron): the sample is drawn from itself with replacement, and the statistic of each draw gives
 * the interval. What is drawn is a whole member: where members are seeds, all that was measured with one stays together.
 * @param statistic may be infinite where a draw has no finite answer; the bound is then infinite too
 * @throws RangeError on an empty sample, and when the statistic is not a number
 */
export function bootstrap<Member>(
  sample: readonly Member[],
  statistic: (drawn: readonly Member[]) => number,
  { random, resamples = 1000, level = 0.95 }: BootstrapOptions,
): { readonly low: number; readonly high: number } {
  if (sample.length === 0) throw new RangeError('bootstrap of an empty sample');
  const statistics = Array.from({ length: resamples }, () => {
    const value = statistic(sample.map(() => memberAt(sample, random)));
    if (Number.isNaN(value)) throw new RangeError('the statistic of a draw is not a number');
    return value;
  });
  const tail = (1 - level) / 2;
  return { low: quantile(statistics, tail), high: quantile(statistics, 1 - tail) };
}

function memberAt<Member>(sample: readonly Member[], random: () => number): Member {
  return sample[Math.floor(random() * sample.length)] as Member; // the index is within the sample
}
