/**
 * What a slot does with a job under a lease, as BullMQ has it without renewal: one request, for whose answer the slot
 * waits as long as it takes. A look at fixed times finds the jobs that outlived their lease and puts them at the head
 * of the queue, and another slot runs them while the first still waits. A job that outlived as many leases as it may
 * have runs fails unrun at its next turn.
 */
import { leaseTermsOf } from '@lab/workload';

import type { PoolHands, QueuedJob, Slot } from './pool.ts';

interface Lease {
  readonly job: QueuedJob;
  readonly endsMs: number;
}

export function lease({ world, requester, ends, putBack }: PoolHands): Slot {
  const { clock, timings, setting } = world;
  const { leaseMs, checkEveryMs, runs } = leaseTermsOf(setting);
  /** Of jobs in hand, in the order in which they were taken. */
  const leases = new Set<Lease>();

  const look = (): void => {
    const nowMs = clock.nowMs;
    clock.at(nowMs + checkEveryMs, look);
    for (const held of leases) {
      if (held.endsMs > nowMs) break;
      leases.delete(held);
      putBack({ ...held.job, attemptsMade: held.job.attemptsMade + 1 }, 'head');
    }
  };
  clock.at(0, look);

  return (job, free) => {
    if (job.attemptsMade >= runs) {
      ends.end(job, 'failed');
      return free();
    }
    const sentMs = clock.nowMs;
    const held = { job, endsMs: sentMs + leaseMs };
    leases.add(held);
    requester.request(
      { job: job.job, attempt: job.attemptsMade + 1, dueMs: job.dueMs },
      (outcome) => {
        if (outcome === 'timeout') return; // the slot waits on
        if (outcome !== 'rejected') timings.record('attempt', job.dueMs, clock.nowMs - sentMs);
        leases.delete(held);
        ends.end(job, outcome === 'ok' ? 'succeeded' : 'failed');
        free();
      },
      free,
    );
  };
}
