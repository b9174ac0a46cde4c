/**
 * How often a job's handler failed, as outsiders saw it: frames that crossed and give a job back, or up, as a failed
 * attempt. They differ by transport:
 *
 *            a failed attempt                                      no failure of the handler
 *   AMQP     basic.reject; basic.nack that does not requeue        basic.nack with requeue: given back
 *   BullMQ   retryJob, moveToDelayed; moveToFinished "failed"      moveJobFromActiveToWait: given back
 *
 * Nobody's handler failed either when a worker that was told to end gives up what it has in hand, when BullMQ gives a job
 * up for a count of its own (of stalls, of starts), when the server refused the frame because another holds the job by
 * now, and when a process or a connection ended: then nothing crosses at all.
 */
import { roleOf, type Evidence, type JobEvidence, type WireAt } from './evidence.ts';

export function failedAttempts(evidence: Evidence, job: JobEvidence): WireAt[] {
  return job.wire.filter(
    (event) =>
      event.passage === 'crossed' &&
      event.direction === 'up' &&
      saysFailed(event) &&
      !wasEnding(evidence, event) &&
      !wasRefused(job, event),
  );
}

const failsToo = new Set(['basic.reject', 'EVALSHA retryJob', 'EVALSHA moveToDelayed']);

/** BullMQ's words for giving a job up by a count, without its handler. */
const byCount = /job (stalled|started) more than allowable limit$/;

function saysFailed({ means, frame, detail }: WireAt): boolean {
  if (means === 'reject') return !byCount.test(detail ?? '');
  return means === 'requeue' && failsToo.has(frame);
}

function wasEnding({ processes }: Evidence, event: WireAt): boolean {
  const role = roleOf(event);
  const before = processes.findLast((process) => process.role === role && process.seq < event.seq);
  return before?.phase === 'stopping' || before?.phase === 'exited';
}

/** True when the server's answer to it, the next on its connection about this job, was below zero. */
function wasRefused(job: JobEvidence, sent: WireAt): boolean {
  const answer = job.wire.find(
    (event) =>
      event.seq > sent.seq &&
      event.link === sent.link &&
      event.connection === sent.connection &&
      event.direction === 'down' &&
      event.frame === `reply ${sent.frame}`,
  );
  return answer?.detail?.startsWith('-') === true;
}
