/** A job is effected and then given up: it lies among the dead letters as well. */
import type { HistoryEvent } from '@lab/contract';

import type { Plant } from './plant.ts';
import { rewrite, withState } from './rewrite.ts';
import { untouchedJob } from './untouched-job.ts';

export const aMessageInTwoPlaces: Plant = (cell) => {
  const job = untouchedJob(cell);
  if (job === null) return null;
  const { key, entry, settle } = job;
  const reject: HistoryEvent =
    settle.protocol === 'amqp'
      ? { ...settle, frame: 'basic.reject', means: 'reject' }
      : { ...settle, means: 'reject', detail: 'failed: planted' };
  const planted = rewrite(cell, (event) => {
    if (event.seq === settle.seq) return [reject];
    return [
      withState(event, ({ ledger, dead, deadCount }) =>
        ledger.some((there) => there.entry === entry.entry)
          ? {
              dead: [...dead, key],
              ...(deadCount === undefined ? {} : { deadCount: deadCount + 1 }),
            }
          : {},
      ),
    ];
  });
  return { cell: planted, key };
};
