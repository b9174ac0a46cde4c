/** A pool makes the attempts: the client puts each job into the pool's queue as it is due, and what becomes of it the pool counts. */
import { EnvironmentError, loadQueues, monotonicMs, windowMsOf } from '@lab/contract';

import { openJobQueue } from '../jobs/job-queue.ts';
import { WindowCounts } from '../window-counts.ts';
import type { Offer, OfferOptions } from './offer.ts';

/** @throws UnreachableError, EnvironmentError */
export async function openJobs({ environment, journal, log }: OfferOptions): Promise<Offer> {
  const setting = environment.LOAD;
  if (setting.closedCallers !== null) {
    throw new EnvironmentError('wrong environment: LOAD: closedCallers needs rpc or layers');
  }
  const queue = await openJobQueue(environment, log);
  let startedAt = 0;
  let ended = false;
  const counts = new WindowCounts({
    queue: loadQueues.jobs,
    windowMs: windowMsOf(setting),
    journal,
  });

  const put = async (job: number, dueAt: number): Promise<void> => {
    counts.add('sent');
    const outcome = await queue.put({
      job,
      startedAt,
      dueAt,
      sentAt: monotonicMs(),
      attemptsMade: 0,
      previousDelayMs: 0,
    });
    if (ended) return;
    if (outcome === 'taken') counts.add('reached');
    if (outcome === 'refused') counts.add('rejected');
  };

  return {
    start(startedAtMs, settle) {
      startedAt = startedAtMs;
      counts.start(startedAtMs, settle);
    },
    offer(job, dueAt) {
      counts.add('offered', dueAt);
      void put(job, dueAt);
    },
    end(nowMs) {
      ended = true;
      counts.close(nowMs);
    },
    close: () => queue.close(),
  };
}
