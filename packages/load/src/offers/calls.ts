/**
 * The client makes the attempts itself: each job is called through its caller's policy, as soon as it is due. In a
 * closed loop (`closedCallers`) a job that is due waits, without being sent, until one of so many callers is free: the
 * load then bends to what it measures, and times taken from the real send do not show it.
 */
import { monotonicMs, required } from '@lab/contract';

import { Callers, type JobEnd, type JobToCall } from '../callers.ts';
import { openRequester } from '../requester.ts';
import type { Offer, OfferOptions } from './offer.ts';

/** @throws UnreachableError, EnvironmentError */
export async function openCalls({
  environment,
  journal,
  log,
  timings,
}: OfferOptions): Promise<Offer> {
  const setting = environment.LOAD;
  const requester = await openRequester({
    url: required('RABBITMQ_URL', environment.RABBITMQ_URL),
    setting,
    hop: 1,
    journal,
    log,
  });
  const callers = new Callers({
    setting,
    requester,
    name: 'caller',
    onAnswered: ({ dueAt }, { sentAt, endedAt }) =>
      timings.record('attempt', dueAt - startedAt, endedAt - sentAt),
  });
  const { counts } = requester;
  const mostAtOnce = setting.closedCallers ?? Number.POSITIVE_INFINITY;
  const due: JobToCall[] = [];
  const firstSentAt = new Map<JobToCall, number>();
  let startedAt = 0;
  let ended = false;

  const call = (job: JobToCall): void => {
    const sentAt = monotonicMs();
    firstSentAt.set(job, sentAt);
    callers.begin(job, (end) => over(job, sentAt, end));
  };

  const over = (job: JobToCall, sentAt: number, end: JobEnd): void => {
    if (ended) return; // counted as not over
    firstSentAt.delete(job);
    const endedAt = monotonicMs();
    counts.add(end, endedAt);
    if (end === 'succeeded') {
      timings.record('job', job.dueAt - startedAt, endedAt - job.dueAt);
      timings.record('job-from-send', job.dueAt - startedAt, endedAt - sentAt);
    }
    callNext();
  };

  const callNext = (): void => {
    while (firstSentAt.size < mostAtOnce) {
      const job = due.shift();
      if (job === undefined) return;
      call(job);
    }
  };

  // What was offered or ended after the window's end is in its line neither as a count nor in this.
  counts.read('underWay', (since) => {
    const endedSince = since('succeeded') + since('failed') + since('refused');
    return firstSentAt.size + due.length - since('offered') + endedSince;
  });
  counts.read('awaited', requester.awaited);

  return {
    start(startedAtMs, settle) {
      startedAt = startedAtMs;
      requester.start(startedAtMs, settle);
    },
    offer(job, dueAt) {
      counts.add('offered', dueAt);
      due.push({ job, dueAt, attemptsBefore: 0 });
      callNext();
    },
    end(nowMs) {
      ended = true;
      callers.stop();
      counts.close(nowMs);
      for (const { sentAt, dueAt } of requester.pending()) {
        timings.recordCensored('attempt', dueAt - startedAt, nowMs - sentAt);
      }
      for (const [{ dueAt }, sentAt] of firstSentAt) {
        timings.recordCensored('job', dueAt - startedAt, nowMs - dueAt);
        timings.recordCensored('job-from-send', dueAt - startedAt, nowMs - sentAt);
      }
      for (const { dueAt } of due) {
        timings.recordCensored('job', dueAt - startedAt, nowMs - dueAt);
      }
    },
    close: () => requester.close(),
  };
}
