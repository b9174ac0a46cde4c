/** What a request costs the server and whether it fails, decided by what it is and not by when it comes. */
import type { LoadSetting } from '@lab/contract';

import { exponential, keyedUniform } from './random.ts';

/** @returns how long the server works on this attempt of this job, ms; exponential of mean `serviceMs`. */
export function serviceMsOf(
  { seed, serviceMs }: Pick<LoadSetting, 'seed' | 'serviceMs'>,
  job: number,
  attempt: number,
): number {
  return serviceMs * exponential(keyedUniform(1, seed, job, attempt));
}

/** @returns whether this attempt of this job is answered with an error, by `failureRate`. */
export function failsAtRandom(
  { seed, failureRate }: Pick<LoadSetting, 'seed' | 'failureRate'>,
  job: number,
  attempt: number,
): boolean {
  return failureRate > 0 && keyedUniform(2, seed, job, attempt) < failureRate;
}
