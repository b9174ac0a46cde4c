/** The worker sends the effect of a job once more, under another entry; the store appends it and says so. */
import type { Plant } from './plant.ts';
import { rewrite, withEntry, withState } from './rewrite.ts';
import { untouchedJob } from './untouched-job.ts';

export const aSecondEffect: Plant = (cell) => {
  const job = untouchedJob(cell);
  if (job === null) return null;
  const { key, entry, effect, applied } = job;
  const second = { ...entry, entry: `${entry.entry}-planted` };
  const planted = rewrite(cell, (event) => {
    if (event.seq === applied.seq) {
      const { t } = applied;
      return [event, { ...withEntry(effect, second), t }, { ...withEntry(applied, second), t }];
    }
    return [
      withState(event, ({ ledger }) => ({
        ledger: ledger.flatMap((there) =>
          there.entry === entry.entry ? [there, second] : [there],
        ),
      })),
    ];
  });
  return { cell: planted, key };
};
