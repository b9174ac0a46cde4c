/** The jobs of one run: same count and seed, same jobs, byte for byte. */
import { readJob, type Job } from '@lab/contract';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Keys `job-0001` … (neither all digits nor with a colon, which BullMQ refuses as ids); amounts 1 to 1000. */
export function makeJobs(count: number, seed: number): Job[] {
  const random = xoroshiro128plus(seed);
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(4, '0');
    return readJob({
      key: `job-${number}`,
      correlationId: `flow-${seed}-${number}`,
      causationId: `order-${seed}-${number}`,
      amount: uniformInt(random, 1, 1000),
    });
  });
}
