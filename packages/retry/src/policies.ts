/** Every policy the lab knows, in the order in which tables show them. */
import { aws2026 } from './policies/aws-2026.ts';
import { awsLegacy } from './policies/aws-legacy.ts';
import { boundedQueueDropHead } from './policies/bounded-queue-drop-head.ts';
import { boundedQueueReject } from './policies/bounded-queue-reject.ts';
import { bullmqExponential } from './policies/bullmq-exponential.ts';
import { bullmqFixed } from './policies/bullmq-fixed.ts';
import { bullmqJitter } from './policies/bullmq-jitter.ts';
import { circuitBreaker } from './policies/circuit-breaker.ts';
import { codelLifo } from './policies/codel-lifo.ts';
import { concurrencyLimit } from './policies/concurrency-limit.ts';
import { deadlineMinusP99 } from './policies/deadline-minus-p99.ts';
import { deadlineTtl } from './policies/deadline-ttl.ts';
import { decorrelatedJitter } from './policies/decorrelated-jitter.ts';
import { exponential } from './policies/exponential.ts';
import { finagle } from './policies/finagle.ts';
import { fixed } from './policies/fixed.ts';
import { fullJitter } from './policies/full-jitter.ts';
import { grpc } from './policies/grpc.ts';
import { immediate } from './policies/immediate.ts';
import { inSlotJitter } from './policies/in-slot-jitter.ts';
import { lifo } from './policies/lifo.ts';
import { moreAttempts } from './policies/more-attempts.ts';
import { none } from './policies/none.ts';
import { perMessageTtl } from './policies/per-message-ttl.ts';
import { sreBudget } from './policies/sre-budget.ts';
import { sreThrottle } from './policies/sre-throttle.ts';
import { tokenBucket } from './policies/token-bucket.ts';
import type { Policy } from './policy.ts';

export const policies: readonly Policy[] = [
  none,
  immediate,
  fixed,
  exponential,
  fullJitter,
  decorrelatedJitter,
  moreAttempts,
  tokenBucket,
  sreBudget,
  finagle,
  grpc,
  awsLegacy,
  aws2026,
  circuitBreaker,
  sreThrottle,
  deadlineTtl,
  perMessageTtl,
  deadlineMinusP99,
  boundedQueueReject,
  boundedQueueDropHead,
  lifo,
  codelLifo,
  concurrencyLimit,
  inSlotJitter,
  bullmqFixed,
  bullmqExponential,
  bullmqJitter,
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
