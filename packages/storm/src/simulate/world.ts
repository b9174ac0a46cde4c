/** What every part of one simulation shares. */
import type { LoadSetting } from '@lab/contract';
import { policyNamed, type Policy } from '@lab/retry';

import { Clock } from './clock.ts';
import { Tally } from './tally.ts';
import { Timings } from './timings.ts';
import { Trigger } from './trigger.ts';

export interface World {
  readonly setting: LoadSetting;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly tally: Tally;
  readonly timings: Timings;
  readonly trigger: Trigger;
}

/** @throws RangeError when there is no such policy */
export function worldOf(setting: LoadSetting): World {
  const clock = new Clock();
  return {
    setting,
    policy: policyNamed(setting.policy),
    clock,
    tally: new Tally(clock, setting),
    timings: new Timings(setting),
    trigger: new Trigger(setting),
  };
}
