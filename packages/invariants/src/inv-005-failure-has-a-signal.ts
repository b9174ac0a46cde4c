/**
 * INV_005: every failure has a machine signal: something a program could have seen and acted on, without
 * reading the ledger. Failures of a cell are
 * - each fault (other than a mere slowing) that met traffic;
 * - each job whose net effects exceed one;
 * - each accepted job that is neither effected nor dead-lettered in the drained queue.
 *
 * Signals of a fault, from when it first stopped a frame: a client on its target opened a new connection or a
 * close frame crossed; the target process exited; a role on it, or anybody about a struck job, ended an
 * operation `fail` or `info`; a struck job was delivered again and marked so, given back, refused, rejected
 * or dead-lettered; the guard refused an effect; the reconciler repaired something.
 * Signals of a duplicate: the same, about that job.
 * Signals of a loss are stricter, because a crossed settle tells the system that all is well: the attempt
 * that settled it must itself have ended `fail` or `info`, or a complaint must have come after it. A skip
 * that reports success ("already done") is no complaint: that loss is silent.
 *
 * "Marked so" is `redelivered` on RabbitMQ; on BullMQ every repeat raises the job's own counters.
 * This is the one checker that listens to what processes say of themselves, because a signal is what it seeks.
 * Without any failure the question was not asked: unknown.
 */
import type { Finding, Snapshot, Witness } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import {
  answers,
  crossings,
  evidenceOf,
  roleOf,
  seqOf,
  type Evidence,
  type JobAt,
  type JobEvidence,
  type WireAt,
} from './evidence.ts';
import { endedAConnection, faultRecords, isSlowing } from './fault-records.ts';
import { roleOfTarget, touches } from './fault-target.ts';
import { findingOf, unknown } from './finding.ts';
import type { FaultRecord } from './judgement.ts';
import { duplicatedKeys, missingKeys, whyNotDrained } from './net-effects.ts';
import { witnessOf } from './story.ts';

export const failureHasASignal: Checker = { id: 'INV_005', check };

function check(cell: CellHistory, snapshot: Snapshot): Finding {
  const evidence = evidenceOf(cell);
  const notDrained = whyNotDrained(snapshot);
  const dead = new Set(snapshot.dead);
  const repaired = evidence.recoveries.some(({ repairs }) => repairs > 0);
  const witness = (key: string, ending: string): Witness => {
    const seq = seqOf(evidence, snapshot);
    return witnessOf(evidence, key, { ending, seqs: seq === undefined ? [] : [seq] });
  };

  const faults = faultRecords(cell).filter((fault) => fault.metTraffic && !isSlowing(fault.verb));
  const duplicated = duplicatedKeys(snapshot);
  const lost = notDrained === null ? missingKeys(evidence, snapshot) : [];

  const silent = [
    ...faults
      .filter((fault) => !repaired && !faultWasNoticed(cell, evidence, dead, fault))
      .map((fault) =>
        witness(fault.struckKeys[0] ?? fault.target, `nobody noticed "${fault.label}"`),
      ),
    ...duplicated
      .filter((key) => !repaired && !jobWasNoticed(cell, evidence.jobs.get(key), dead))
      .map((key) => witness(key, 'a duplicate without any signal')),
    ...lost
      .filter((key) => !repaired && !lossWasNoticed(evidence.jobs.get(key)))
      .map((key) => witness(key, 'lost without any signal')),
  ];
  if (silent.length === 0 && notDrained !== null) return unknown('INV_005', notDrained);
  return findingOf(
    'INV_005',
    faults.length + duplicated.length + lost.length,
    silent,
    'nothing failed, so there was nothing to signal',
  );
}

function faultWasNoticed(
  cell: CellHistory,
  evidence: Evidence,
  dead: ReadonlySet<string>,
  fault: FaultRecord,
): boolean {
  const events = evidence.faults.filter(({ id }) => id === fault.id);
  const on = events.find(({ phase }) => phase === 'on');
  const from = events[0]?.seq ?? 0;
  if (on === undefined) return false;
  return (
    endedAConnection(evidence, on) ||
    closeFrameCrossed(evidence, fault.target, from) ||
    evidence.processes.some(
      ({ role, phase, seq }) => phase === 'exited' && role === fault.target && seq > from,
    ) ||
    roleComplained(evidence, roleOfTarget(fault.target), from) ||
    fault.struckKeys.some((key) => jobWasNoticed(cell, evidence.jobs.get(key), dead))
  );
}

function closeFrameCrossed(evidence: Evidence, target: string, from: number): boolean {
  for (const [link, frames] of evidence.links) {
    if (!touches(target, link)) continue;
    if (
      frames.some(({ seq, frame }) => seq > from && /^(connection|channel)\.close$/.test(frame))
    ) {
      return true;
    }
  }
  return false;
}

function roleComplained(evidence: Evidence, role: string, from: number): boolean {
  for (const { said } of evidence.jobs.values()) {
    if (said.some((event) => event.source === role && event.seq > from && isComplaint(event)))
      return true;
  }
  return false;
}

function jobWasNoticed(
  cell: CellHistory,
  job: JobEvidence | undefined,
  dead: ReadonlySet<string>,
): boolean {
  if (job === undefined) return false;
  const deliveries = crossings(job, 'deliver');
  const marked =
    cell.spec.transport === 'bullmq'
      ? deliveries.length > 1
      : deliveries.some(({ redelivered }) => redelivered === true);
  return (
    marked ||
    job.said.some(isComplaint) ||
    crossings(job, 'requeue', 'reject', 'refuse').length > 0 ||
    answers(job, 'effect-refused').length > 0 ||
    dead.has(job.key)
  );
}

function lossWasNoticed(job: JobEvidence | undefined): boolean {
  if (job === undefined) return false;
  const settle = crossings(job, 'settle').at(-1);
  if (settle === undefined) return job.said.some(isComplaint);
  const settler = roleOf(settle);
  const attemptBegan = beginOfAttempt(job, settle);
  return job.said.some(
    (event) =>
      isComplaint(event) &&
      (event.seq > settle.seq || (event.source === settler && event.seq > attemptBegan)),
  );
}

/**
 * When the attempt began that settled: with the settler's last delivery, or with its own word that it began where that
 * bears the earlier time. The tap stamps a frame after writing it on, so a worker on another core may be ahead of it.
 */
function beginOfAttempt(job: JobEvidence, settle: WireAt): number {
  const settler = roleOf(settle);
  const delivered = crossings(job, 'deliver').findLast(
    (event) => roleOf(event) === settler && event.seq < settle.seq,
  );
  const invoked = job.said.findLast(
    ({ source, op, phase, seq }) =>
      source === settler && op === 'attempt' && phase === 'invoke' && seq < settle.seq,
  );
  return Math.min(delivered?.seq ?? 0, invoked?.seq ?? Number.POSITIVE_INFINITY);
}

/** Endings by which a process says that all is well although it did nothing. */
const contentments = new Set(['applied', 'duplicate', 'skipped']);

function isComplaint({ phase, detail }: JobAt): boolean {
  return (phase === 'fail' || phase === 'info') && !contentments.has(detail ?? '');
}
