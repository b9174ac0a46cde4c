/**
 * From a load's history to what may be said of it. Its gates come before its findings: on a host that was too busy, or
 * with a client that was late, a broken invariant is no fact about the policy, and an unbroken one neither.
 */
import type { CellSpec, Finding, InvariantId } from '@lab/contract';
import { gatesOf, outcomeOf } from '@lab/storm';

import { goneServers } from './books/index.ts';
import type { CellHistory } from './cell-history.ts';
import { conclude, concludeRestored, concludeState } from './conclude.ts';
import { wasDisturbed } from './discarded-runs.ts';
import { doubtsAboutFaults, doubtsAboutTheEnding } from './doubts.ts';
import { evidenceOf } from './evidence.ts';
import { unknown } from './finding.ts';
import { digest } from './fingerprint.ts';
import { capacityGate } from './gate-capacity.ts';
import { loadRecovers } from './inv-004-load-recovers.ts';
import { loadIsBounded } from './inv-009-work-is-bounded.ts';
import { loadMakesProgress } from './inv-011-load-makes-progress.ts';
import type { GuardExercise, JudgedInvariant, Judgement, LoadRecord } from './judgement.ts';
import { loadEvidenceOf, sumOf, type LoadEvidence, type Stretch } from './load-evidence.ts';
import { loadFaults } from './load-faults.ts';

/** Judges one cell that is a load; never throws on a history of the contract's shape. */
export function judgeLoadCell(cell: CellHistory, asked: LoadQuestions): Judgement {
  const { spec, events } = cell;
  const { ending, recoveries } = evidenceOf(cell);
  const read = loadEvidenceOf(cell);
  const evidence = 'unreadable' in read ? null : read;
  const load = evidence === null ? null : recordOf(evidence);
  const faults = loadFaults(cell, evidence);
  const guard = guardExercise(spec, evidence);
  const findings = Object.entries(spec.expected).map(([id, expected]) =>
    'unreadable' in read
      ? judged(id as InvariantId, expected, unknown(id as InvariantId, read.unreadable)) // the schema lets no other key through
      : judgeInvariant(cell, read, id as InvariantId, {
          expected,
          question: asked[id as InvariantId],
        }),
  );
  const word = wantedWord(spec, load);
  const doubts = [
    ...doubtsAboutTheEnding(ending),
    ...doubtsAboutFaults(spec, faults),
    ...word.doubts,
    ...(guard.mustAct && guard.refused === 0
      ? ['the guard never had to act: it refused nothing']
      : []),
    ...(findings.length === 0 ? ['nothing was judged in this cell'] : []),
  ];
  const [startedMs, endedMs] = [events[0]?.t ?? 0, events.at(-1)?.t ?? 0];
  return {
    spec,
    ending: ending ?? 'never ended',
    ...concludeGated(findings, gatesNotPassed(load), doubts, word.contrary),
    findings,
    breaches: [],
    gone: goneServers(evidenceOf(cell)),
    disturbed: wasDisturbed({ ending: ending ?? 'never ended', load, disturbed: false }),
    accounting: { kind: 'unknown', reason: 'a load is counted by window, not by job' },
    traffic: noTraffic,
    faults,
    guard,
    recovery:
      recoveries.length === 0
        ? null
        : {
            rounds: recoveries.map(({ round, exitCode, repairs }) => ({
              round,
              exitCode,
              repairs,
            })),
            before: null,
            after: null,
            second: null,
          },
    load,
    fingerprint: digest(verdictLines(load, findings)),
    startedMs,
    tookMs: endedMs - startedMs,
  };
}

function recordOf(evidence: LoadEvidence): LoadRecord {
  const { measured } = evidence;
  const outcome = outcomeOf(measured.series, measured.setting);
  const capacity = capacityGate(evidence);
  return {
    outcome,
    gates: [...gatesOf(measured, outcome), ...(capacity === null ? [] : [capacity])],
  };
}

/**
 * A collapse that is to be shown, or that a placebo or a mutant is to leave, has to be one that stays: not to be back by a
 * limit is not enough, for a sound policy may be slow. Where nobody can say, nothing was shown.
 */
function wantedWord(
  { role, expected }: CellSpec,
  load: LoadRecord | null,
): { readonly doubts: string[]; readonly contrary: string[] } {
  const collapses = role === 'reproduce' || role === 'placebo' || role === 'mutant';
  if (!collapses || expected['INV_011'] !== 'violated' || load === null) {
    return { doubts: [], contrary: [] };
  }
  const { verdict, watchedMs } = load.outcome;
  const said = `the load is ${verdict} after ${Math.round(watchedMs)} ms, but was expected to be stuck`;
  if (verdict === 'undecided') return { doubts: [said], contrary: [] };
  return { doubts: [], contrary: verdict === 'stuck' ? [] : [said] };
}

function gatesNotPassed(load: LoadRecord | null): string[] {
  return (load?.gates ?? [])
    .filter(({ passed }) => !passed)
    .map(
      ({ rule, value }) =>
        `gate not passed: ${rule}, was ${value === null ? 'not measured' : Math.round(value * 1000) / 1000}`,
    );
}

function concludeGated(
  findings: readonly JudgedInvariant[],
  gates: readonly string[],
  doubts: readonly string[],
  otherwise: readonly string[],
): Pick<Judgement, 'conclusion' | 'reasons'> {
  const { conclusion, reasons } = conclude({
    findings,
    breaches: [],
    incomplete: [],
    doubts,
    otherwise,
  });
  if (gates.length === 0) return { conclusion, reasons };
  return { conclusion: 'inconclusive', reasons: [...gates, ...reasons] };
}

function judgeInvariant(
  cell: CellHistory,
  evidence: LoadEvidence,
  invariant: InvariantId,
  {
    expected,
    question,
  }: { readonly expected: JudgedInvariant['expected']; readonly question: Question | undefined },
): JudgedInvariant {
  const check = (stretch: Stretch): Finding =>
    question === undefined
      ? unknown(invariant, 'the lab cannot ask this of a load')
      : question(cell, evidence, stretch);
  const finding = check(evidence.after);
  if (expected !== 'restored') return judged(invariant, expected, finding);
  const before =
    evidence.before === null
      ? unknown(invariant, 'recovery was never run')
      : check(evidence.before);
  return { invariant, expected, before, finding, conclusion: concludeRestored(before, finding) };
}

function judged(
  invariant: InvariantId,
  expected: JudgedInvariant['expected'],
  finding: Finding,
): JudgedInvariant {
  const wanted = expected === 'violated' ? 'violated' : 'holds';
  return { invariant, expected, finding, conclusion: concludeState(finding, wanted) };
}

type Question = (cell: CellHistory, evidence: LoadEvidence, stretch: Stretch) => Finding;

export type LoadQuestions = Readonly<Partial<Record<InvariantId, Question>>>;

export const loadQuestions: LoadQuestions = {
  INV_004: (cell, evidence) =>
    loadRecovers(cell, {
      before: evidence.before === null ? [] : lasting(cell.spec, evidence, evidence.before),
      after: lasting(cell.spec, evidence, evidence.after),
    }),
  INV_009: ({ spec }, evidence, stretch) => loadIsBounded(evidence, stretch, spec.workLimit),
  INV_011: ({ spec }, evidence, stretch) =>
    loadMakesProgress(evidence, stretch, spec.livenessLimitMs),
};

/** The two things that a collapse breaks for as long as it lasts. */
function lasting(spec: CellSpec, evidence: LoadEvidence, stretch: Stretch): Finding[] {
  return [
    loadIsBounded(evidence, stretch, spec.workLimit),
    loadMakesProgress(evidence, stretch, spec.livenessLimitMs),
  ];
}

/** Retries the policy did not allow, jobs it did not begin, requests that queue or server turned away. */
function guardExercise(spec: CellSpec, evidence: LoadEvidence | null): GuardExercise {
  let refused = 0;
  if (evidence !== null) {
    const { columns } = evidence.measured.series;
    for (const column of ['retriesRefused', 'refused', 'rejected', 'dropped', 'expired'] as const) {
      refused += sumOf(columns[column], 0, columns[column].length - 1);
    }
  }
  return { mustAct: spec.guardMustAct, refused, refusedKeys: [] };
}

/** Class D0 of a load: the same verdict, by the same invariants. */
function verdictLines(load: LoadRecord | null, findings: readonly JudgedInvariant[]): string[] {
  return [
    load?.outcome.verdict ?? 'not read',
    ...findings.map(({ invariant, finding }) => `${invariant} ${finding.state}`),
  ];
}

const noTraffic: Judgement['traffic'] = {
  published: 0,
  accepted: 0,
  deliveries: 0,
  redeliveries: 0,
  settles: 0,
  storeCommands: 0,
  handlingMsMedian: null,
};
