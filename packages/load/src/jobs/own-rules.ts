/** Who decides, where BullMQ holds the jobs, whether a failed one is tried again. */
import type { LoadSetting } from '@lab/contract';
import { policyNamed, type BullmqRules } from '@lab/retry';

/** @returns the policy in BullMQ's own words where it is BullMQ that tries again; else undefined: the policy's caller is asked */
export function ownRulesOf(setting: LoadSetting): BullmqRules | undefined {
  if (setting.transport !== 'bullmq' || setting.topology !== 're-enqueue') return undefined;
  return policyNamed(setting.policy).bullmq?.(setting);
}
