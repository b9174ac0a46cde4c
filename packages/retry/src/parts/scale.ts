/**
 * Every time in a policy is given for a timeout T of 500 ms and stretched with T, so that a faster profile of a load
 * has the same dimensionless numbers. Counts (the size of a bucket) stay what they are.
 */
import type { PolicySetting } from '../policy.ts';

const referenceTimeoutMs = 500;

type Timed = Pick<PolicySetting, 'timeoutMs'>;

/** @param ms a time at T = 500 ms @returns the same part of the setting's T, ms */
export function scaledMs({ timeoutMs }: Timed, ms: number): number {
  return (ms * timeoutMs) / referenceTimeoutMs;
}

/** @param perS a rate at T = 500 ms @returns the rate that gives as many in one T of the setting, a second */
export function scaledPerS({ timeoutMs }: Timed, perS: number): number {
  return (perS * referenceTimeoutMs) / timeoutMs;
}

/** @returns mu T: requests that the server can answer in one timeout; a queue longer than this answers too late. */
export function capacityWithinTimeout({
  capacityPerS,
  timeoutMs,
}: Pick<PolicySetting, 'capacityPerS' | 'timeoutMs'>): number {
  return (capacityPerS * timeoutMs) / 1000;
}
