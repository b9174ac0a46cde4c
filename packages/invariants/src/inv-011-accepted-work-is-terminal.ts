/**
 * INV_011, progress: accepted work is terminal within T (`livenessLimitMs`) after the last fault healed, or
 * after the last confirm where that came later or there was no fault.
 *
 * A job is terminal when its message is out of the way: a settle or reject crossed the wire, or it was found
 * dead-lettered, or its effect was applied and the queue found empty. A named wait of the settle phase that
 * timed out is a violation by the jobs that are not terminal.
 * Unknown when a fault was never healed (the clock never started), or when nobody watched for T.
 */
import type { Finding, Snapshot } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import {
  acceptedKeys,
  answers,
  crossings,
  evidenceOf,
  isConfirm,
  type Evidence,
  type JobEvidence,
} from './evidence.ts';
import { faultRecords } from './fault-records.ts';
import { findingOf, unknown } from './finding.ts';
import { netEffects, whyNotDrained } from './net-effects.ts';
import { witnessOf } from './story.ts';

export const acceptedWorkIsTerminal: Checker = { id: 'INV_011', check };

function check(cell: CellHistory, snapshot: Snapshot): Finding {
  const evidence = evidenceOf(cell);
  const unhealed = faultRecords(cell).filter(({ healed, onMs }) => onMs !== null && !healed);
  if (unhealed.length > 0) {
    return unknown('INV_011', `not healed: ${unhealed.map(({ label }) => label).join(', ')}`);
  }
  const accepted = acceptedKeys(evidence);
  const start = clockStart(evidence);
  const limit = start + cell.spec.livenessLimitMs;
  const times = terminalTimes(evidence, accepted, snapshot);
  const stuck = accepted.filter((key) => !times.has(key));
  const late = accepted.filter((key) => (times.get(key) ?? 0) > limit);

  const timedOut = evidence.waits.filter(
    ({ phase, event }) => phase === 'settle' && event.outcome === 'timed out',
  );
  const watchedMs = watchedUntil(cell) - start;
  if (stuck.length > 0 && timedOut.length === 0 && watchedMs < cell.spec.livenessLimitMs) {
    const short = `${stuck.length} not terminal after ${Math.round(watchedMs)} ms, which is less than the limit`;
    return unknown('INV_011', `${short} of ${cell.spec.livenessLimitMs} ms`);
  }
  const waits = timedOut.map(({ event }) => event.seq);
  const witnesses = [
    ...stuck.map((key) => witnessOf(evidence, key, { ending: 'and never terminal', seqs: waits })),
    ...late.map((key) =>
      witnessOf(evidence, key, {
        ending: `terminal only ${Math.round((times.get(key) ?? 0) - start)} ms after the last heal or confirm`,
      }),
    ),
    ...(stuck.length > 0
      ? []
      : timedOut.map(({ event }) => ({
          key: 'queue',
          seqs: [event.seq],
          story: `"${event.condition}" did not come within ${event.limitMs} ms`,
        }))),
  ];
  let slowestMs = 0;
  for (const time of times.values()) slowestMs = Math.max(slowestMs, time - start);
  return findingOf(
    'INV_011',
    accepted.length,
    witnesses,
    'no job was ever accepted',
    `the last was terminal ${Math.round(slowestMs)} ms after the clock started`,
  );
}

function clockStart(evidence: Evidence): number {
  let start = 0;
  for (const { phase, t } of evidence.faults) if (phase === 'off') start = Math.max(start, t);
  for (const { wire } of evidence.jobs.values()) {
    for (const event of wire) if (isConfirm(event)) start = Math.max(start, event.t);
  }
  return start;
}

function watchedUntil(cell: CellHistory): number {
  return cell.events.at(-1)?.t ?? 0;
}

/** @returns when each terminal job became so, ms since the run began. */
function terminalTimes(
  evidence: Evidence,
  accepted: readonly string[],
  snapshot: Snapshot,
): Map<string, number> {
  const dead = new Set(snapshot.dead);
  const empty = whyNotDrained(snapshot) === null;
  const effects = netEffects(snapshot.ledger);
  const takenAt =
    evidence.snapshots.findLast((taken) => taken.snapshot.name === snapshot.name)?.t ?? 0;
  const times = new Map<string, number>();
  for (const key of accepted) {
    const job = evidence.jobs.get(key);
    if (job === undefined) continue;
    const settled = crossings(job, 'settle', 'reject')[0]?.t;
    const effected =
      empty && (effects.get(key)?.applied.length ?? 0) > 0 ? effectTime(job, takenAt) : undefined;
    const time = settled ?? (dead.has(key) ? takenAt : effected);
    if (time !== undefined) times.set(key, time);
  }
  return times;
}

function effectTime(job: JobEvidence, otherwise: number): number {
  return answers(job, 'effect-applied')[0]?.t ?? otherwise;
}
