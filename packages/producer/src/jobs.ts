/** The jobs of one run: same count and seed, same jobs, byte for byte. */
import { ordersOf, readJob, type Job } from '@lab/contract';

export function makeJobs(count: number, seed: number): Job[] {
  return ordersOf(count, seed).map(({ key, amount }) => {
    const number = key.slice('job-'.length);
    return readJob({
      key,
      correlationId: `flow-${seed}-${number}`,
      causationId: `order-${seed}-${number}`,
      amount,
    });
  });
}
