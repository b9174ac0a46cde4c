/** What a slot does with a job where the policy decides: all attempts in the slot, or one and back to the queue. */
import { callerFor, callersOf, requeueDelayMs } from '@lab/workload';

import { Callers } from './callers.ts';
import type { PoolHands, QueuedJob, Slot } from './pool.ts';

/** All attempts of the job and the waits between them, in the slot. */
export function inSlot({ world, requester, ends }: PoolHands): Slot {
  const callers = new Callers(world, { requester, name: 'caller', timed: true });
  return (job, free) => {
    callers.call({ ...job, attemptsBefore: 0 }, (end) => {
      ends.end(job, end);
      free();
    });
  };
}

/** One attempt; what fails goes back to the queue, for as long as the policy says so. */
export function reEnqueue(hands: PoolHands): Slot {
  const { world, requester, ends } = hands;
  const { clock, setting, tally, timings } = world;
  const callers = callersOf(world.setting, 'caller');
  return (job, free) => {
    const caller = callerFor(callers, job.job);
    const attempt = job.attemptsMade + 1;
    const sentMs = clock.nowMs;
    if (attempt === 1 && !caller.begin(sentMs)) {
      ends.end(job, 'refused');
      return free();
    }
    requester.request({ job: job.job, attempt, dueMs: job.dueMs }, (outcome) => {
      const nowMs = clock.nowMs;
      if (outcome === 'ok' || outcome === 'error') {
        timings.record('attempt', job.dueMs, nowMs - sentMs);
      }
      if (outcome === 'ok') {
        caller.succeeded(nowMs, attempt);
        ends.end(job, 'succeeded');
        return free();
      }
      const { previousDelayMs } = job;
      const delayMs = caller.failed(nowMs, { attempt, reason: outcome, previousDelayMs });
      if (delayMs === null) {
        if (attempt < setting.attempts) tally.add('retriesRefused');
        ends.end(job, 'failed');
        return free();
      }
      giveBack(hands, { ...job, attemptsMade: attempt, previousDelayMs: delayMs });
      free();
    });
  };
}

function giveBack({ world, putBackLater }: PoolHands, job: QueuedJob): void {
  putBackLater(job, requeueDelayMs(world.setting, job.previousDelayMs));
}
