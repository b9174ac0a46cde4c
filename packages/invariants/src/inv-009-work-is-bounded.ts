/**
 * INV_009, bounded work: attempts are at most k times the unique jobs (`workLimit` of the cell's spec).
 *
 * In a load, attempts are those that reached the request queue, jobs are those that were offered, both over the last
 * third of the stretch after the trigger: what the policy sustains, not the burst in which it noticed. Among a handful of
 * struck jobs, attempts are deliveries that crossed the wire.
 */
import type { Finding, Snapshot, Witness } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import { crossings, evidenceOf, isAttempted } from './evidence.ts';
import { count, findingOf, unknown } from './finding.ts';
import { seqsOf, sumOf, windowsWithin, type LoadEvidence, type Stretch } from './load-evidence.ts';
import { witnessOf } from './story.ts';

export const workIsBounded: Checker = { id: 'INV_009', check };

function check(cell: CellHistory, _snapshot: Snapshot): Finding {
  const { workLimit } = cell.spec;
  if (workLimit === undefined) return unknown('INV_009', noLimit);
  const evidence = evidenceOf(cell);
  const jobs = [...evidence.jobs.values()].filter(isAttempted);
  const deliveries = jobs.map((job) => ({ job, times: crossings(job, 'deliver').length }));
  const attempts = deliveries.reduce((sum, { times }) => sum + times, 0);
  const witnesses: Witness[] =
    attempts <= workLimit * jobs.length
      ? []
      : deliveries
          .filter(({ times }) => times > workLimit)
          .map(({ job, times }) =>
            witnessOf(evidence, job.key, { ending: `${count(times, 'attempt')} in all` }),
          );
  return findingOf('INV_009', jobs.length, witnesses, 'no job was ever published');
}

const noLimit = 'the cell says no limit for attempts a job (workLimit)';

/** The same question of a load, about the last third of a stretch. */
export function loadIsBounded(
  evidence: LoadEvidence,
  { fromMs, toMs }: Stretch,
  workLimit: number | undefined,
): Finding {
  if (workLimit === undefined) return unknown('INV_009', noLimit);
  const { first, last } = windowsWithin(evidence, { fromMs: toMs - (toMs - fromMs) / 3, toMs });
  const { offered, reached } = evidence.measured.series.columns;
  const jobs = sumOf(offered, first, last);
  const attempts = sumOf(reached, first, last);
  if (jobs === 0) return unknown('INV_009', 'no job was offered in the last third of the watch');
  const aJob = `${(attempts / jobs).toFixed(2)} attempts a job`;
  const limit = `at most ${workLimit} are allowed`;
  const witnesses: Witness[] =
    attempts <= workLimit * jobs
      ? []
      : [
          {
            key: 'requests',
            seqs: seqsOf(evidence, first, last),
            story: `requests: ${attempts} attempts reached the queue for ${jobs} jobs in windows ${first} to ${last}, ${aJob}; ${limit}`,
          },
        ];
  return findingOf('INV_009', jobs, witnesses, 'no job was offered', `${aJob}; ${limit}`);
}
