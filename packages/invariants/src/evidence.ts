/**
 * What outsiders saw, sorted in one pass: the wire per key and per ledger entry, connections, faults, probes, servers,
 * the machine, recoveries, snapshots, and who wrote how many lines. The words of the system's own processes are kept apart
 * (`said`), because they prove nothing; only INV_005 asks whether somebody complained, and the books whether the
 * tap and they agree.
 */
import type { HistoryEvent, LifePhase, Meaning, Snapshot } from '@lab/contract';

import type { CellHistory } from './cell-history.ts';

type EventOf<Kind extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: Kind }>;
export type WireAt = EventOf<'wire'>;
export type JobAt = EventOf<'job'>;
export type FaultAt = EventOf<'fault'>;
export type ProcessAt = EventOf<'process'>;
export type ProbeAt = EventOf<'probe'>;
type ServerAt = EventOf<'server'>;
export type MachineAt = EventOf<'machine'>;
type ConnectionAt = EventOf<'connection'>;
type PhaseAt = EventOf<'phase'>;
type RecordAt = EventOf<'record'>;
type CellAt = EventOf<'cell'>;
type RecoveryAt = EventOf<'recovery'>;
type WaitAt = EventOf<'wait'>;

export interface JobEvidence {
  readonly key: string;
  /** Every frame that speaks of this key, in order. */
  readonly wire: readonly WireAt[];
  readonly said: readonly JobAt[];
}

/** One TCP connection of a link; `ended` is missing where the history stops before its end. */
export interface ConnectionEvidence {
  readonly link: string;
  readonly connection: number;
  readonly opened?: ConnectionAt;
  readonly ended?: ConnectionAt;
}

/** Every frame that carries one ledger entry, in order: commands that would append it, and what was answered. */
export type EntryFrames = readonly WireAt[];

/** The lines of one source. */
interface SourceEvidence {
  readonly lines: number;
  readonly firstT: number;
  readonly lastT: number;
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
  /** By `connectionId`. */
  readonly connections: ReadonlyMap<string, ConnectionEvidence>;
  /** By id of the ledger entry. */
  readonly entries: ReadonlyMap<string, EntryFrames>;
  /** Frames that the tap held, in order. */
  readonly held: readonly WireAt[];
  /** Commands and answers about effects and compensations that carry no entry. */
  readonly withoutEntry: readonly WireAt[];
  readonly probes: readonly ProbeAt[];
  readonly servers: readonly ServerAt[];
  readonly machine: readonly MachineAt[];
  readonly records: readonly RecordAt[];
  readonly phases: readonly PhaseAt[];
  readonly cellEvents: readonly CellAt[];
  readonly sources: ReadonlyMap<string, SourceEvidence>;
  /** Lines that stand where their number or their time says that they do not belong. */
  readonly outOfOrder: readonly number[];
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

/** @returns how a frame that the tap held went on: it crossed, or was lost. */
export function wentOn(held: WireAt, { links }: Evidence): WireAt | undefined {
  return links
    .get(held.link)
    ?.find(
      (frame) =>
        frame.seq > held.seq &&
        frame.passage !== 'held' &&
        frame.connection === held.connection &&
        frame.direction === held.direction &&
        frame.frame === held.frame &&
        frame.means === held.means &&
        frame.keys?.join() === held.keys?.join(),
    );
}

/** Who a frame belongs to: the client end of its link. */
export function roleOf({ link }: { readonly link: string }): string {
  return link.slice(0, link.indexOf('>'));
}

/** Whether a frame belongs to that role; reads the link without cutting it. */
export function isOf({ link }: { readonly link: string }, role: string): boolean {
  return link.charAt(role.length) === '>' && link.startsWith(role);
}

/** The server end of a frame's link. */
export function serverOf({ link }: { readonly link: string }): string {
  return link.slice(link.indexOf('>') + 1);
}

export function connectionId({
  link,
  connection,
}: {
  readonly link: string;
  readonly connection: number;
}): string {
  return `${link}#${connection}`;
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
  const connections = new Map<string, Writable<ConnectionEvidence>>();
  const entries = new Map<string, WireAt[]>();
  const held: WireAt[] = [];
  const withoutEntry: WireAt[] = [];
  const probes: ProbeAt[] = [];
  const servers: ServerAt[] = [];
  const machine: MachineAt[] = [];
  const records: RecordAt[] = [];
  const phases: PhaseAt[] = [];
  const cellEvents: CellAt[] = [];
  const sources = new Map<string, Writable<SourceEvidence>>();
  const outOfOrder: number[] = [];
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

  let seq = -1;
  let t = Number.NEGATIVE_INFINITY;
  for (const event of cell.events) {
    if (event.seq <= seq || event.t < t) outOfOrder.push(event.seq);
    [seq, t] = [event.seq, event.t];
    const source = sources.get(event.source);
    if (source === undefined) sources.set(event.source, { lines: 1, firstT: t, lastT: t });
    else {
      source.lines += 1;
      source.lastT = t;
    }
    switch (event.kind) {
      case 'wire': {
        for (const key of event.keys ?? []) jobOf(key).wire.push(event);
        if (event.passage === 'held') held.push(event);
        if (event.entries !== undefined) {
          for (const { entry } of event.entries) {
            const frames = entries.get(entry);
            if (frames === undefined) entries.set(entry, [event]);
            else frames.push(event);
          }
        } else if (isAboutTheLedger(event)) withoutEntry.push(event);
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
        phases.push(event);
        break;
      case 'wait':
        waits.push({ phase, event });
        break;
      case 'snapshot':
        snapshots.push({ seq: event.seq, t: event.t, snapshot: event.snapshot });
        break;
      case 'cell':
        cellEvents.push(event);
        if (event.phase === 'end') ending = event.ending;
        break;
      case 'load':
      case 'timing':
      case 'told':
      case 'watched':
        break; // counted by window: load-evidence.ts
      case 'connection': {
        const id = connectionId(event);
        const found = connections.get(id) ?? { link: event.link, connection: event.connection };
        if (event.phase === 'opened') found.opened ??= event;
        else found.ended ??= event;
        connections.set(id, found);
        break;
      }
      case 'probe':
        probes.push(event);
        break;
      case 'server':
        servers.push(event);
        break;
      case 'machine':
        machine.push(event);
        break;
      case 'record':
        records.push(event);
        break;
      case 'run':
        break; // of the whole run, not of a cell
    }
  }
  return {
    jobs,
    links,
    connections,
    entries,
    held,
    withoutEntry,
    faults,
    probes,
    servers,
    machine,
    records,
    phases,
    cellEvents,
    sources,
    outOfOrder,
    processes,
    recoveries,
    waits,
    snapshots,
    ending,
  };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function isAboutTheLedger({ means: meaning }: WireAt): boolean {
  return (
    meaning !== undefined && (meaning.startsWith('effect') || meaning.startsWith('compensate'))
  );
}
