/**
 * What is ordered of a producer: which jobs, for which amounts. The same count and seed give the same orders, so that the
 * plan of a cell, the producer and the judge speak of the same ones.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Order {
  readonly key: string;
  readonly amount: number;
}

/** Keys `job-0001` … (neither all digits nor with a colon, which BullMQ refuses as ids); amounts 1 to 1000. */
export function ordersOf(count: number, seed: number): Order[] {
  const random = xoroshiro128plus(seed);
  return Array.from({ length: count }, (_, index) => ({
    key: `job-${String(index + 1).padStart(4, '0')}`,
    amount: uniformInt(random, 1, 1000),
  }));
}
