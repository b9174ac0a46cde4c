/** The effect of a job is worth one more than what was ordered: in its command, in the answer and in the ledger. */
import type { Plant } from './plant.ts';
import { rewrite, withEntry, withState } from './rewrite.ts';
import { untouchedJob } from './untouched-job.ts';

export const anotherAmount: Plant = (cell) => {
  const job = untouchedJob(cell);
  if (job === null) return null;
  const { key, entry, effect, applied } = job;
  const dearer = { ...entry, amount: entry.amount + 1 };
  const planted = rewrite(cell, (event) => {
    if (event.seq === effect.seq || event.seq === applied.seq) return [withEntry(event, dearer)];
    return [
      withState(event, ({ ledger }) => ({
        ledger: ledger.map((there) => (there.entry === entry.entry ? dearer : there)),
      })),
    ];
  });
  return { cell: planted, key };
};
