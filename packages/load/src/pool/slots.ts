/**
 * What a slot of the pool does with a job: one function per topology, each of which holds the slot for as long as its
 * promise is pending.
 */
import { EnvironmentError, monotonicMs, type LoadSetting } from '@lab/contract';
import { callerFor, callersOf } from '@lab/workload';

import { Callers } from '../callers.ts';
import type { Ending, Run } from '../jobs/job-queue.ts';
import type { Attempted, Requester } from '../requester.ts';
import type { JobEnds } from './job-ends.ts';

export type Slot = (run: Run) => Promise<Ending>;

export interface SlotOptions {
  readonly setting: LoadSetting;
  readonly requester: Requester;
  readonly ends: JobEnds;
  readonly onAnswered: (dueAt: number, attempted: Attempted) => void;
  /** Whether BullMQ's own rules decide about another attempt: how many it allows, else null. */
  readonly ownAttempts: number | null;
}

/** @throws EnvironmentError for a topology that has no pool */
export function slotFor(options: SlotOptions): Slot {
  switch (options.setting.topology) {
    case 'in-slot':
      return inSlot(options);
    case 're-enqueue':
      return reEnqueue(options);
    case 'lease':
      return lease(options);
    case 'rpc':
    case 'layers':
      throw new EnvironmentError(
        `wrong environment: LOAD: topology ${options.setting.topology} has no pool`,
      );
  }
}

/** All attempts of the job and the waits between them, in the slot. */
function inSlot({ setting, requester, ends, onAnswered }: SlotOptions): Slot {
  const callers = new Callers({
    setting,
    requester,
    name: 'caller',
    onAnswered: ({ dueAt }, attempted) => onAnswered(dueAt, attempted),
  });
  return async ({ job }) => {
    const how = await callers.call({ job: job.job, dueAt: job.dueAt, attemptsBefore: 0 });
    ends.end(job, how, monotonicMs());
    return how === 'succeeded' ? { kind: 'done' } : { kind: 'given up', reason: how };
  };
}

/** One attempt; what fails goes back to the queue, for as long as the policy says so. */
function reEnqueue(options: SlotOptions): Slot {
  const { setting, requester, ends, onAnswered, ownAttempts } = options;
  const callers = callersOf(setting, 'caller');
  return async ({ job, run }) => {
    const caller = callerFor(callers, job.job);
    if (run === 1 && !caller.begin(monotonicMs())) {
      ends.end(job, 'refused', monotonicMs());
      return { kind: 'given up', reason: 'refused' };
    }
    const attempted = await requester.request({ job: job.job, attempt: run, dueAt: job.dueAt });
    const { outcome, endedAt } = attempted;
    if (outcome === 'ok' || outcome === 'error') onAnswered(job.dueAt, attempted);
    if (outcome === 'ok') {
      caller.succeeded(endedAt, run);
      ends.end(job, 'succeeded', endedAt);
      return { kind: 'done' };
    }
    const asked = caller.failed(endedAt, {
      attempt: run,
      reason: outcome,
      previousDelayMs: job.previousDelayMs,
    });
    const delayMs = ownAttempts === null ? asked : run < ownAttempts ? 0 : null;
    if (delayMs !== null) return { kind: 'again', delayMs };
    if (run < setting.attempts) requester.counts.add('retriesRefused', endedAt);
    ends.end(job, 'failed', endedAt);
    return { kind: 'given up', reason: outcome };
  };
}

/**
 * One attempt, for which the slot waits as long as it takes. When the job's lease ends meanwhile another slot gets the
 * job; what this one hears then is too late, and all that is left to do is to free the slot.
 */
function lease({ requester, ends, onAnswered }: SlotOptions): Slot {
  return async ({ job, run }) => {
    const { promise: answeredLate, resolve: onLate } = Promise.withResolvers<void>();
    const attempted = await requester.request(
      { job: job.job, attempt: run, dueAt: job.dueAt },
      onLate,
    );
    const { outcome, endedAt } = attempted;
    if (outcome === 'timeout') {
      await answeredLate; // a request that is lost keeps its slot: there is no timeout in this topology
      return { kind: 'done' };
    }
    if (outcome !== 'rejected') onAnswered(job.dueAt, attempted);
    const how = outcome === 'ok' ? 'succeeded' : 'failed';
    ends.end(job, how, endedAt);
    return how === 'succeeded' ? { kind: 'done' } : { kind: 'given up', reason: outcome };
  };
}
