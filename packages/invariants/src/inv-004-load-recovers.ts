/**
 * INV_004 for a load: before recovery it was broken (INV_009 or INV_011, judged from the heal to when recovery began),
 * after it both hold, and the second run of the shedder found nothing to shed.
 */
import type { Finding, Witness } from '@lab/contract';

import type { CellHistory } from './cell-history.ts';
import { evidenceOf } from './evidence.ts';
import { count, findingOf, unknown } from './finding.ts';

/** What was found of the load before recovery and after it. */
export interface AroundRecovery {
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
}

export function loadRecovers(cell: CellHistory, { before, after }: AroundRecovery): Finding {
  const runs = evidenceOf(cell).recoveries;
  const [first, second] = runs;
  if (first === undefined || second === undefined) {
    return unknown('INV_004', 'recovery was not run twice');
  }
  const broken = before.filter(({ state }) => state === 'violated');
  if (broken.length === 0) {
    return unknown('INV_004', 'nothing was broken before recovery, so nothing was recovered');
  }
  const stillBroken = after.some(({ state }) => state === 'violated');
  const open = after.find(({ state }) => state === 'unknown');
  if (!stillBroken && open?.state === 'unknown')
    return unknown('INV_004', `after recovery: ${open.reason}`);
  const failed = runs
    .filter(({ exitCode }) => exitCode !== 0)
    .map(({ round, exitCode, seq }) => said(seq, `run ${round} ended with exit code ${exitCode}`));
  const again =
    second.repairs === 0
      ? []
      : [said(second.seq, `the second run shed ${count(second.repairs, 'message')} more`)];
  const witnesses = [
    ...after.flatMap((finding) => (finding.state === 'violated' ? finding.witnesses : [])),
    ...failed,
    ...again,
  ];
  return findingOf('INV_004', broken.length, witnesses, 'nothing was broken before recovery');
}

function said(seq: number, story: string): Witness {
  return { key: 'recovery', seqs: [seq], story: `recovery: ${story}` };
}
