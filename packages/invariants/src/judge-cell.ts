/**
 * From a cell's evidence to what may be said of it: what the checkers find, what the books say, and whether the experiment
 * took place at all: completed, drained, the fault on and met and healed, the guard exercised. `conclude` weighs them.
 */
import type { CellSpec, Finding, InvariantId, Snapshot } from '@lab/contract';

import { accounting } from './accounting.ts';
import { doubtsAboutExits, goneServers, openBooks } from './books/index.ts';
import type { CellHistory, Checker } from './cell-history.ts';
import { checkers, checkSafely } from './checkers.ts';
import { conclude, concludeRestored, concludeState } from './conclude.ts';
import { doubtsAboutSight, doubtsAboutTheEnding } from './doubts.ts';
import {
  answers,
  crossings,
  evidenceOf,
  isAccepted,
  isAttempted,
  type Evidence,
} from './evidence.ts';
import { faultRecords } from './fault-records.ts';
import { unknown } from './finding.ts';
import { fingerprint } from './fingerprint.ts';
import { recoverySnapshots, snapshotNamed } from './inv-004-recovery-restores-and-rests.ts';
import { judgeLoadCell, loadQuestions, type LoadQuestions } from './judge-load.ts';
import type {
  GuardExercise,
  JudgedInvariant,
  Judgement,
  RecoveryRecord,
  StateAtSnapshot,
  Traffic,
} from './judgement.ts';
import {
  duplicatedKeys,
  missingKeys,
  netEffects,
  noSnapshot,
  whyNotDrained,
} from './net-effects.ts';

/** What is asked of a cell, by invariant. */
export interface Asked {
  readonly ofStrikes: Readonly<Partial<Record<InvariantId, Checker>>>;
  readonly ofLoads: LoadQuestions;
}

/** All that the lab can ask. */
export const everything: Asked = { ofStrikes: checkers, ofLoads: loadQuestions };

/** Judges one cell; never throws on a history of the contract's shape. */
export function judgeCell(
  cell: CellHistory,
  { ofStrikes, ofLoads }: Asked = everything,
): Judgement {
  return cell.spec.load === undefined
    ? judgeStruckCell(cell, ofStrikes)
    : judgeLoadCell(cell, ofLoads);
}

function judgeStruckCell(cell: CellHistory, asked: Asked['ofStrikes']): Judgement {
  const { spec } = cell;
  const evidence = evidenceOf(cell);
  const final = evidence.snapshots.at(-1)?.snapshot ?? noSnapshot;
  const faults = faultRecords(cell);
  const guard = guardExercise(spec, evidence);
  const findings = Object.entries(spec.expected).map(
    ([id, expected]) => judgeInvariant(cell, id as InvariantId, expected, asked), // the schema lets no other key through
  );
  const breaches = openBooks(cell, { faults, findings });
  const doubts = [
    ...doubtsAboutTheState(final),
    ...doubtsAboutTheGuard(guard),
    ...doubtsAboutExits(evidence),
    ...doubtsAboutSight(evidence),
    ...(findings.length === 0 ? ['nothing was judged in this cell'] : []),
  ];
  const [startedMs, endedMs] = [cell.events[0]?.t ?? 0, cell.events.at(-1)?.t ?? 0];
  return {
    spec,
    ending: evidence.ending ?? 'never ended',
    ...conclude({
      findings,
      breaches,
      incomplete: doubtsAboutTheEnding(evidence.ending),
      doubts,
    }),
    findings,
    breaches,
    gone: goneServers(evidence),
    accounting: accounting(cell, final),
    traffic: trafficOf(evidence),
    faults,
    guard,
    recovery: recoveryOf(evidence),
    load: null,
    fingerprint: fingerprint(cell),
    startedMs,
    tookMs: endedMs - startedMs,
  };
}

function judgeInvariant(
  cell: CellHistory,
  invariant: InvariantId,
  expected: JudgedInvariant['expected'],
  asked: Asked['ofStrikes'],
): JudgedInvariant {
  const evidence = evidenceOf(cell);
  const checker = asked[invariant];
  if (checker === undefined) {
    const finding = unknown(invariant, 'the lab has no checker for it yet');
    return { invariant, expected, finding, conclusion: 'inconclusive' };
  }
  const on = (snapshot: Snapshot | undefined): Finding =>
    checkSafely(checker, cell, snapshot ?? noSnapshot);

  if (expected === 'restored') {
    const before = on(snapshotNamed(evidence, recoverySnapshots.before));
    const finding = on(snapshotNamed(evidence, recoverySnapshots.after));
    return { invariant, expected, before, finding, conclusion: concludeRestored(before, finding) };
  }
  const finding =
    expected === 'holds'
      ? (worstOf(evidence.snapshots.map(({ snapshot }) => on(snapshot))) ?? on(undefined))
      : on(evidence.snapshots.at(-1)?.snapshot);
  return { invariant, expected, finding, conclusion: concludeState(finding, expected) };
}

/** In a recover cell `holds` is asked of every snapshot: recovery may not break what was whole. */
function worstOf(findings: readonly Finding[]): Finding | undefined {
  return (
    findings.find(({ state }) => state === 'violated') ??
    findings.find(({ state }) => state === 'unknown') ??
    findings.at(-1)
  );
}

function doubtsAboutTheState(final: Snapshot): string[] {
  const notDrained = whyNotDrained(final);
  return notDrained === null ? [] : [notDrained];
}

function doubtsAboutTheGuard({ mustAct, refused }: GuardExercise): string[] {
  return mustAct && refused === 0 ? ['the guard never had to act: it refused no effect'] : [];
}

function guardExercise(spec: CellSpec, evidence: Evidence): GuardExercise {
  let refused = 0;
  const refusedKeys: string[] = [];
  for (const job of evidence.jobs.values()) {
    const times = answers(job, 'effect-refused').length;
    if (times === 0) continue;
    refused += times;
    refusedKeys.push(job.key);
  }
  return { mustAct: spec.guardMustAct, refused, refusedKeys };
}

function trafficOf(evidence: Evidence): Traffic {
  const traffic = {
    published: 0,
    accepted: 0,
    deliveries: 0,
    redeliveries: 0,
    settles: 0,
    storeCommands: 0,
  };
  const handlingMs: number[] = [];
  for (const job of evidence.jobs.values()) {
    const [first, ...repeats] = crossings(job, 'deliver');
    const settle = crossings(job, 'settle')[0];
    if (first !== undefined && settle !== undefined && repeats.length === 0) {
      handlingMs.push(settle.t - first.t);
    }
    const deliveries = first === undefined ? 0 : repeats.length + 1;
    traffic.published += isAttempted(job) ? 1 : 0;
    traffic.accepted += isAccepted(job) ? 1 : 0;
    traffic.deliveries += deliveries;
    traffic.redeliveries += Math.max(0, deliveries - 1);
    traffic.settles += crossings(job, 'settle').length;
    traffic.storeCommands += crossings(job, 'claim').length + crossings(job, 'effect').length;
  }
  return { ...traffic, handlingMsMedian: median(handlingMs) };
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return lower === undefined || upper === undefined ? null : toMicroseconds((lower + upper) / 2);
}

function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function recoveryOf(evidence: Evidence): RecoveryRecord | null {
  if (evidence.recoveries.length === 0) return null;
  const at = (name: string): StateAtSnapshot | null => {
    const snapshot = snapshotNamed(evidence, name);
    return snapshot === undefined ? null : stateAt(evidence, snapshot);
  };
  return {
    rounds: evidence.recoveries.map(({ round, exitCode, repairs }) => ({
      round,
      exitCode,
      repairs,
    })),
    before: at(recoverySnapshots.before),
    after: at(recoverySnapshots.after),
    second: at(recoverySnapshots.second),
  };
}

function stateAt(evidence: Evidence, snapshot: Snapshot): StateAtSnapshot {
  let effects = 0;
  for (const { applied } of netEffects(snapshot.ledger).values()) effects += applied.length;
  return {
    snapshot: snapshot.name,
    effects,
    compensations: snapshot.ledger.length - effects,
    duplicatedKeys: duplicatedKeys(snapshot),
    missingKeys: missingKeys(evidence, snapshot),
  };
}
