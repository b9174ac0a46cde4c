/** What the judge says of a cell and of a run. Data only: the renderers draw it, `fm check` rebuilds it. */
import type { CellSpec, Finding, InvariantId, RoleInGrid, Transport } from '@lab/contract';
import type { Gate, LoadOutcome } from '@lab/storm';

import type { Accounting } from './accounting.ts';

/** `contrary` means that a finding contradicts what was expected; `inconclusive` that nobody can say. */
export type Conclusion = 'as expected' | 'contrary' | 'inconclusive';

export type Verdict = 'proven' | 'disproven' | 'inconclusive';

/** One invariant of one cell: what was expected, what was found. */
export interface JudgedInvariant {
  readonly invariant: InvariantId;
  readonly expected: 'holds' | 'violated' | 'restored';
  /** On the judged snapshot; for `restored`, on the one after recovery. */
  readonly finding: Finding;
  /** For `restored` only: the finding on the snapshot before recovery. */
  readonly before?: Finding;
  readonly conclusion: Conclusion;
}

/** One fault as the history shows it. Times are ms since the run began. */
export interface FaultRecord {
  readonly id: string;
  readonly verb: string;
  readonly target: string;
  readonly label: string;
  /** What was read back when it came on. */
  readonly applied: string | null;
  readonly onMs: number | null;
  readonly offMs: number | null;
  readonly healed: boolean;
  /** Frames on the target's links held until the fault was off. */
  readonly framesHeld: number;
  readonly framesLost: number;
  /** Business keys of the frames that were held or lost, in order, without repeats. */
  readonly struckKeys: readonly string[];
  /** True when it met something: a frame held or lost, a process that ended, traffic while a slowing fault was on. */
  readonly metTraffic: boolean;
}

/** Counts read off the wire; they need no drained queue. All nought in a load, which is counted by window. */
export interface Traffic {
  /** Distinct keys whose publish crossed to the broker. */
  readonly published: number;
  /** Distinct keys whose confirm crossed back to the producer. */
  readonly accepted: number;
  readonly deliveries: number;
  /** Deliveries of a key beyond its first. */
  readonly redeliveries: number;
  readonly settles: number;
  /** Commands that workers sent to the effect's store: looks for claims, marks, effects. What a guard costs. */
  readonly storeCommands: number;
  /**
   * Median time from a job's delivery to its settle, ms, as the wire saw it, over jobs delivered once. Cells run side
   * by side, so it compares nothing. Null when no job took that path.
   */
  readonly handlingMsMedian: number | null;
}

/** Whether the guard met what it guards against. */
export interface GuardExercise {
  readonly mustAct: boolean;
  /** Effects the store refused because they were already done, as the wire shows them; in a load: retries, requests and jobs that policy, queue or server refused. */
  readonly refused: number;
  readonly refusedKeys: readonly string[];
}

/** The effects of a cell at one moment, reduced to what recovery is about. */
export interface StateAtSnapshot {
  readonly snapshot: string;
  readonly effects: number;
  readonly compensations: number;
  /** Keys whose net effects exceed one. */
  readonly duplicatedKeys: readonly string[];
  /** Accepted keys with no net effect that are not dead-lettered. */
  readonly missingKeys: readonly string[];
}

export interface RecoveryRecord {
  readonly rounds: readonly {
    readonly round: number;
    readonly exitCode: number;
    readonly repairs: number;
  }[];
  readonly before: StateAtSnapshot | null;
  readonly after: StateAtSnapshot | null;
  readonly second: StateAtSnapshot | null;
}

/** What a load came to, and the conditions without which that says nothing. */
export interface LoadRecord {
  readonly outcome: LoadOutcome;
  readonly gates: readonly Gate[];
}

/** The books that the judge of a strike keeps, in the order in which they speak. */
export const bookNames = [
  'record',
  'publish',
  'ledger',
  'delivery',
  'process',
  'strike',
  'carrier',
  'server',
  'machine',
  'surprise',
  'recovery',
] as const;
export type BookName = (typeof bookNames)[number];

/** One thing that does not add up. */
export interface Breach {
  readonly book: BookName;
  /** A sentence for people. */
  readonly says: string;
  /** Numbers of the events that show it, ascending. */
  readonly seqs: readonly number[];
}

/** Everything said of one cell. */
export interface Judgement {
  readonly spec: CellSpec;
  /** `completed`, or why it could not be; `never ended` when the history stops inside the cell. */
  readonly ending: string;
  readonly conclusion: Conclusion;
  /** Why it is not as expected, worst first; empty when it is. */
  readonly reasons: readonly string[];
  readonly findings: readonly JudgedInvariant[];
  /** What does not add up in the books, in the order in which the books speak; empty in a load. */
  readonly breaches: readonly Breach[];
  /** Servers and carriers that no longer answered when the cell was over. */
  readonly gone: readonly string[];
  /** True when nothing but the machine was in the way, with a recorded cause: the cell may be played again. */
  readonly disturbed: boolean;
  readonly accounting: Accounting;
  readonly traffic: Traffic;
  readonly faults: readonly FaultRecord[];
  readonly guard: GuardExercise;
  /** Null in cells without recovery. */
  readonly recovery: RecoveryRecord | null;
  /** Only of a cell that is a load; null when its history has no load that could be read. */
  readonly load: LoadRecord | null;
  /** Normalised trace fingerprint, see `fingerprint`. */
  readonly fingerprint: string;
  /** Ms since the run began. */
  readonly startedMs: number;
  readonly tookMs: number;
}

/** A role that a complete grid has and this run did not play. */
export interface MissingCell {
  readonly transport: Transport;
  readonly role: RoleInGrid;
}

/** A run of a cell that counts for nothing, because the machine disturbed it and the cell was run again. */
export interface DiscardedRun {
  readonly cell: string;
  /** Id of the run that stands in for it. */
  readonly rerun: string;
  /** Gates it did not pass. */
  readonly reasons: readonly string[];
}

/** What became of the corruptions that were planted in a run's own evidence: each must be found. */
export interface Planted {
  readonly planted: number;
  readonly found: number;
  readonly missed: readonly {
    readonly invariant: InvariantId;
    readonly transport: Transport;
    readonly cell: string;
    readonly why: string;
  }[];
  /** Invariants that cells of this transport name, and that none of them was expected to keep and kept: nothing to plant in. */
  readonly nowhere: readonly { readonly invariant: InvariantId; readonly transport: Transport }[];
}

/** Everything said of a run. */
export interface RunJudgement {
  readonly verdict: Verdict;
  /** Why it is not proven, worst first; empty when it is. */
  readonly reasons: readonly string[];
  readonly cells: readonly Judgement[];
  /** Servers and carriers that no longer answered at the end of a cell that counts, each once. */
  readonly gone: readonly string[];
  readonly planted: Planted;
  /** Shown and counted, but not judged. */
  readonly discarded: readonly DiscardedRun[];
  /** Worst conclusion of the cells that ran, no better than the record of the whole run allows; for partial runs (`--cell`), where the verdict cannot be `proven`. */
  readonly worst: Conclusion;
  /** What keeps a partial run from proving a failure mode. */
  readonly missing: readonly MissingCell[];
}
