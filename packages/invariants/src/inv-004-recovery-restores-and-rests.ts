/**
 * INV_004: recovery restores correctness, and running it again changes nothing. Judged on three snapshots
 * of one cell, whichever snapshot is passed in: before recovery something must be broken (else there was
 * nothing to recover: unknown), after it everything that is asked of a state must hold: INV_001, INV_006, INV_012 and,
 * where the cell says what was ordered, INV_014. Both runs must end with exit code 0, the second without a repair and with
 * the same ledger, entry for entry.
 */
import type { Finding, Snapshot, Witness } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import { evidenceOf, seqOf, type Evidence } from './evidence.ts';
import { count, findingOf, unknown } from './finding.ts';
import { effectAtMostOnce } from './inv-001-effect-at-most-once.ts';
import { acceptedWorkIsEffected } from './inv-006-accepted-work-is-effected.ts';
import { messageInOnePlace } from './inv-012-message-in-one-place.ts';
import { amountsAreThoseOrdered } from './inv-014-amounts-are-those-ordered.ts';

export const recoveryRestoresAndRests: Checker = { id: 'INV_004', check };

/** The names under which the harness takes the snapshots around recovery. */
export const recoverySnapshots = {
  before: 'before recovery',
  after: 'after recovery',
  second: 'after second recovery',
} as const;

function check(cell: CellHistory): Finding {
  const evidence = evidenceOf(cell);
  const restored = questionsOf(cell);
  const before = snapshotNamed(evidence, recoverySnapshots.before);
  const after = snapshotNamed(evidence, recoverySnapshots.after);
  const second = snapshotNamed(evidence, recoverySnapshots.second);
  if (before === undefined || after === undefined || second === undefined) {
    return unknown('INV_004', 'recovery was not run twice with a snapshot around each run');
  }
  const broken = restored.flatMap((checker) => {
    const finding = checker.check(cell, before);
    return finding.state === 'violated' ? [finding] : [];
  });
  if (broken.length === 0) {
    return unknown('INV_004', 'nothing was broken before recovery, so nothing was recovered');
  }
  const afterwards = restored.map((checker) => checker.check(cell, after));
  const open = afterwards.find((finding) => finding.state === 'unknown');
  if (open?.state === 'unknown') return unknown('INV_004', `after recovery: ${open.reason}`);

  const witnesses = [
    ...afterwards.flatMap((finding) => (finding.state === 'violated' ? finding.witnesses : [])),
    ...firstRunFailed(evidence),
    ...changesOfSecondRun(evidence, after, second),
  ];
  const repaired = broken.reduce((sum, { violations }) => sum + violations, 0);
  return findingOf('INV_004', repaired, witnesses, 'nothing was broken before recovery');
}

function questionsOf({ spec }: CellHistory): Checker[] {
  const asked = [effectAtMostOnce, acceptedWorkIsEffected, messageInOnePlace];
  return spec.orders === undefined ? asked : [...asked, amountsAreThoseOrdered];
}

export function snapshotNamed(evidence: Evidence, name: string): Snapshot | undefined {
  return evidence.snapshots.findLast(({ snapshot }) => snapshot.name === name)?.snapshot;
}

function firstRunFailed({ recoveries }: Evidence): Witness[] {
  const run = recoveries.find(({ round }) => round === 1);
  if (run === undefined) {
    return [{ key: 'recovery', seqs: [], story: 'the first run of recovery left no record' }];
  }
  if (run.exitCode === 0) return [];
  const story = `the first run of recovery ended with exit code ${run.exitCode}`;
  return [{ key: 'recovery', seqs: [run.seq], story }];
}

function changesOfSecondRun(evidence: Evidence, after: Snapshot, second: Snapshot): Witness[] {
  const changes: Witness[] = [];
  const run = evidence.recoveries.find(({ round }) => round === 2);
  if (run === undefined) {
    changes.push({ key: 'recovery', seqs: [], story: 'the second run of recovery left no record' });
  } else if (run.exitCode !== 0 || run.repairs !== 0) {
    changes.push({
      key: 'recovery',
      seqs: [run.seq],
      story: `the second run of recovery ended with exit code ${run.exitCode} and ${count(run.repairs, 'repair')}`,
    });
  }
  const at = seqOf(evidence, second);
  const index = firstDifference(after, second);
  if (index !== null) {
    changes.push({
      key: second.ledger[index]?.key ?? after.ledger[index]?.key ?? 'recovery',
      seqs: at === undefined ? [] : [at],
      story: `the second run of recovery changed the ledger at entry ${index + 1}`,
    });
  }
  return changes;
}

function firstDifference(after: Snapshot, second: Snapshot): number | null {
  const length = Math.max(after.ledger.length, second.ledger.length);
  for (let index = 0; index < length; index += 1) {
    const was = after.ledger[index];
    const is = second.ledger[index];
    const same =
      was?.entry === is?.entry &&
      was?.key === is?.key &&
      was?.kind === is?.kind &&
      was?.amount === is?.amount &&
      was?.by === is?.by &&
      was?.compensates === is?.compensates;
    if (!same) return index;
  }
  return null;
}
