/**
 * What outsiders saw, sorted by job in one pass: the wire per key, faults, recoveries, snapshots. The words
 * of the system's own processes are kept apart (`said`), because they prove nothing; only INV_005 asks
 * whether somebody complained.
 */
import type { HistoryEvent, LifePhase, Meaning, Snapshot } from '@lab/contract';

import type { CellHistory } from './cell-history.ts';

type EventOf<Kind extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: Kind }>;
export type WireAt = EventOf<'wire'>;
export type JobAt = EventOf<'job'>;
export type FaultAt = EventOf<'fault'>;
type ProcessAt = EventOf<'process'>;
type RecoveryAt = EventOf<'recovery'>;
type WaitAt = EventOf<'wait'>;

export interface JobEvidence {
  readonly key: string;
  /** Every frame that speaks of this key, in order. */
  readonly wire: readonly WireAt[];
  readonly said: readonly JobAt[];
}

export interface Evidence {
  /** In order of first mention on the wire. */
  readonly jobs: ReadonlyMap<string, JobEvidence>;
  /** Every frame, by link. */
  readonly links: ReadonlyMap<string, readonly WireAt[]>;
  readonly faults: readonly FaultAt[];
  readonly processes: readonly ProcessAt[];
  readonly recoveries: readonly RecoveryAt[];
  readonly waits: readonly { readonly phase: LifePhase | null; readonly event: WaitAt }[];
  readonly snapshots: readonly {
    readonly seq: number;
    readonly t: number;
    readonly snapshot: Snapshot;
  }[];
  /** How the cell ended, or null when the history stops inside it. */
  readonly ending: string | null;
}

const known = new WeakMap<CellHistory, Evidence>();

/** Reads the cell once; asking again for the same cell costs nothing. */
export function evidenceOf(cell: CellHistory): Evidence {
  const before = known.get(cell);
  if (before !== undefined) return before;
  const evidence = collect(cell);
  known.set(cell, evidence);
  return evidence;
}

/** The frames with one of these meanings that crossed to the next hop. */
export function crossings(job: JobEvidence, ...meanings: readonly Meaning[]): WireAt[] {
  return job.wire.filter((event) => event.passage === 'crossed' && means(event, meanings));
}

/**
 * The store's answers to effects. An answer that was lost on its way back was still given; `held` is
 * left out because the same frame crosses or is lost later.
 */
export function answers(
  job: JobEvidence,
  ...meanings: ('effect-applied' | 'effect-refused')[]
): WireAt[] {
  return job.wire.filter((event) => event.passage !== 'held' && means(event, meanings));
}

/** True when the broker's confirm crossed down to the producer: the job was accepted. */
export function isAccepted(job: JobEvidence): boolean {
  return job.wire.some(isConfirm);
}

export function isConfirm(event: WireAt): boolean {
  return event.means === 'confirm' && event.passage === 'crossed' && event.direction === 'down';
}

/** True when a publish of the job crossed up towards the broker. */
export function isAttempted(job: JobEvidence): boolean {
  return job.wire.some(
    ({ means: meaning, passage, direction }) =>
      meaning === 'publish' && passage === 'crossed' && direction === 'up',
  );
}

/** @returns the keys the producer saw confirmed, in order of first mention. */
export function acceptedKeys(evidence: Evidence): string[] {
  return [...evidence.jobs.values()].filter(isAccepted).map(({ key }) => key);
}

/** Who a frame belongs to: the client end of its link. */
export function roleOf(event: WireAt): string {
  return event.link.split('>')[0] ?? event.link;
}

/** @returns where in the history the snapshot was taken, if it is part of it. */
export function seqOf(evidence: Evidence, snapshot: Snapshot): number | undefined {
  return evidence.snapshots.findLast((taken) => taken.snapshot.name === snapshot.name)?.seq;
}

function means(event: WireAt, meanings: readonly Meaning[]): boolean {
  return event.means !== undefined && meanings.includes(event.means);
}

function collect(cell: CellHistory): Evidence {
  const jobs = new Map<string, { key: string; wire: WireAt[]; said: JobAt[] }>();
  const links = new Map<string, WireAt[]>();
  const faults: FaultAt[] = [];
  const processes: ProcessAt[] = [];
  const recoveries: RecoveryAt[] = [];
  const waits: { phase: LifePhase | null; event: WaitAt }[] = [];
  const snapshots: { seq: number; t: number; snapshot: Snapshot }[] = [];
  let phase: LifePhase | null = null;
  let ending: string | null = null;

  const jobOf = (key: string) => {
    let job = jobs.get(key);
    if (job === undefined) {
      job = { key, wire: [], said: [] };
      jobs.set(key, job);
    }
    return job;
  };

  for (const event of cell.events) {
    switch (event.kind) {
      case 'wire': {
        for (const key of event.keys ?? []) jobOf(key).wire.push(event);
        const onLink = links.get(event.link);
        if (onLink === undefined) links.set(event.link, [event]);
        else onLink.push(event);
        break;
      }
      case 'job':
        jobOf(event.key).said.push(event);
        break;
      case 'fault':
        faults.push(event);
        break;
      case 'process':
        processes.push(event);
        break;
      case 'recovery':
        recoveries.push(event);
        break;
      case 'phase':
        phase = event.name;
        break;
      case 'wait':
        waits.push({ phase, event });
        break;
      case 'snapshot':
        snapshots.push({ seq: event.seq, t: event.t, snapshot: event.snapshot });
        break;
      case 'cell':
        if (event.phase === 'end') ending = event.ending;
        break;
      case 'load':
      case 'timing':
      case 'told':
      case 'watched':
      case 'wrote':
        break; // counted by window: load-evidence.ts
      case 'run':
        break; // of the whole run, not of a cell
    }
  }
  return { jobs, links, faults, processes, recoveries, waits, snapshots, ending };
}
