/** Every policy the lab knows, in the order in which tables show them. */
import { boundedQueueReject } from './policies/bounded-queue-reject.ts';
import { fullJitter } from './policies/full-jitter.ts';
import { immediate } from './policies/immediate.ts';
import { none } from './policies/none.ts';
import { tokenBucket } from './policies/token-bucket.ts';
import type { Policy } from './policy.ts';

export const policies: readonly Policy[] = [
  none,
  immediate,
  fullJitter,
  tokenBucket,
  boundedQueueReject,
];

/**
 * @throws RangeError naming the policies there are
 */
export function policyNamed(name: string): Policy {
  const policy = policies.find((candidate) => candidate.name === name);
  if (policy === undefined) {
    throw new RangeError(
      `no policy named "${name}"; there are: ${policies.map((known) => known.name).join(', ')}`,
    );
  }
  return policy;
}
