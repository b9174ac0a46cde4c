/**
 * A job is delivered and settled, and its effect was never sent: no command, no answer, no entry, no word of it. It is lost
 * (INV_006), and nobody has a signal of it (INV_005).
 */
import type { HistoryEvent } from '@lab/contract';

import type { Plant } from './plant.ts';
import { rewrite, withState } from './rewrite.ts';
import { untouchedJob } from './untouched-job.ts';

export const aSilentLoss: Plant = (cell) => {
  const job = untouchedJob(cell);
  if (job === null) return null;
  const { key, entry, effect, applied } = job;
  const isOfIt = (event: HistoryEvent): boolean =>
    event.seq === effect.seq ||
    event.seq === applied.seq ||
    (event.kind === 'job' && event.op === 'effect' && event.key === key);
  const planted = rewrite(cell, (event) =>
    isOfIt(event)
      ? []
      : [
          withState(event, ({ ledger }) => ({
            ledger: ledger.filter((there) => there.entry !== entry.entry),
          })),
        ],
  );
  return { cell: planted, key };
};
