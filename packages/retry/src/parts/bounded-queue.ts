/** A request queue that holds no more than can be answered in time. */
import type { PolicySetting } from '../policy.ts';
import { capacityWithinTimeout } from './scale.ts';

/** Below the edge at mu T, with room for what chance does to the service times. */
const shareOfCapacity = 0.8;

/** @returns K, messages: the setting's, else 0.8 mu T. */
export function queueBoundOf(setting: PolicySetting): number {
  return (
    setting.queueBound ?? Math.max(1, Math.floor(shareOfCapacity * capacityWithinTimeout(setting)))
  );
}
