/**
 * The second run of recovery takes back the only effect of a job: its command and the answer cross the reconciler's link,
 * the entry stands in the last snapshot, and the run says of one repair.
 */
import type { HistoryEvent, LedgerEntry } from '@lab/contract';

import type { CellHistory } from '../cell-history.ts';
import { evidenceOf, type WireAt } from '../evidence.ts';
import { roleOfTarget } from '../fault-target.ts';
import { recoverySnapshots } from '../inv-004-recovery-restores-and-rests.ts';
import type { Plant } from './plant.ts';
import { rewrite, withEntry, withState } from './rewrite.ts';
import { untouchedJob } from './untouched-job.ts';

export const aRepairTooMany: Plant = (cell) => {
  const job = untouchedJob(cell);
  const { recoveries, snapshots } = evidenceOf(cell);
  const run = recoveries.find(({ round }) => round === 2);
  const second = snapshots.findLast(({ snapshot }) => snapshot.name === recoverySnapshots.second);
  if (job === null || run === undefined || second === undefined) return null;
  const { key, entry } = job;
  const wire = wireOf(cell, run.seq);
  const compensation: LedgerEntry = {
    entry: `${entry.entry}-planted`,
    key,
    kind: 'compensation',
    amount: -entry.amount,
    by: wire === null ? 'reconciler' : roleOfTarget(wire.link),
    compensates: entry.entry,
  };
  const planted = rewrite(cell, (event) => {
    if (event.seq === wire?.before.seq) return [...framesOn(wire, compensation), event];
    if (event.seq === run.seq) return [{ ...run, repairs: run.repairs + 1 }];
    if (event.seq !== second.seq) return [event];
    return [withState(event, ({ ledger }) => ({ ledger: [...ledger, compensation] }))];
  });
  return { cell: planted, key };
};

/** Where the second run's frames go, and what frames of a compensation look like. */
interface Wire {
  readonly link: string;
  readonly connection: number;
  readonly before: HistoryEvent;
  readonly command: WireAt;
  readonly answer: WireAt;
}

/**
 * At the end of the connection on which the second run looked at the ledger, with frames like those of the first run; null
 * where no compensation crossed a tap.
 * @param runSeq where the second run is recorded, after its end
 */
function wireOf({ events }: CellHistory, runSeq: number): Wire | null {
  const like = (meaning: WireAt['means']): WireAt | undefined =>
    events.find((event): event is WireAt => event.kind === 'wire' && event.means === meaning);
  const command = like('compensate');
  const answer = like('compensate-applied');
  if (command === undefined || answer === undefined) return null;
  const [, server] = command.link.split('>');
  const before = events.findLast(
    (event) =>
      event.kind === 'connection' &&
      event.phase === 'ended' &&
      event.seq < runSeq &&
      event.link.startsWith('reconciler') &&
      event.link.endsWith(`>${server}`),
  );
  if (before?.kind !== 'connection') return null;
  return { link: before.link, connection: before.connection, before, command, answer };
}

function framesOn(wire: Wire, compensation: LedgerEntry): HistoryEvent[] {
  const { link, connection, before } = wire;
  const keys = [compensation.key];
  return [wire.command, wire.answer].map((frame) => ({
    ...withEntry(frame, compensation),
    keys,
    link,
    connection,
    t: before.t,
  }));
}
