/**
 * The callers of a load: one policy state for each of the setting's clients, seeded by what it is for, and jobs go to
 * them in turn. Programs and simulator take them from here, so that the same seed gives both the same jitter.
 */
import type { LoadSetting } from '@lab/contract';
import { policyNamed, type Caller } from '@lab/retry';

import { streamOf } from './random.ts';

/**
 * One policy state for each of the setting's clients.
 * @param name seeds their jitter: `caller` makes `caller-0`, `caller-1`, ...
 * @throws RangeError when there is no such policy
 */
export function callersOf(setting: LoadSetting, name: string): readonly Caller[] {
  const policy = policyNamed(setting.policy);
  return Array.from({ length: setting.clients }, (_, index) =>
    policy.caller(setting, streamOf(setting.seed, `${name}-${index}`)),
  );
}

/** Jobs go to callers in turn. */
export function callerFor(callers: readonly Caller[], job: number): Caller {
  const caller = callers[job % callers.length];
  if (caller === undefined) throw new Error(`no caller for job ${job}`); // a job's number is whole and not negative
  return caller;
}
