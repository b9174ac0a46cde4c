/**
 * A job is effected and never settled: its message is back in the queue in the last snapshot, and the wait for the queue to
 * be empty timed out. That it was given to somebody who neither settled it nor gave it back is what the book of deliveries
 * must say of it.
 */
import { evidenceOf } from '../evidence.ts';
import type { Plant } from './plant.ts';
import { rewrite, withState } from './rewrite.ts';
import { untouchedJob } from './untouched-job.ts';

export const aJobThatStays: Plant = (cell) => {
  const job = untouchedJob(cell);
  const evidence = evidenceOf(cell);
  const wait = evidence.waits.findLast(({ phase }) => phase === 'settle')?.event;
  const last = evidence.snapshots.at(-1);
  if (job === null || wait === undefined || last === undefined) return null;
  const { key, settle, reply } = job;
  const planted = rewrite(cell, (event) => {
    if (event.seq === settle.seq || event.seq === reply?.seq) return [];
    if (event.kind === 'job' && event.op === 'settle' && event.key === key) return [];
    if (event.seq < wait.seq) return [event];
    const t = event.t + wait.limitMs; // everything after it came so much later
    if (event.seq === wait.seq) return [{ ...wait, t, outcome: 'timed out' }];
    const isLast = event.seq === last.seq;
    return [{ ...withState(event, ({ ready }) => ({ ready: ready + (isLast ? 1 : 0) })), t }];
  });
  return {
    cell: planted,
    key,
    says: ({ book, says }) => book === 'delivery' && says.includes(key),
  };
};
