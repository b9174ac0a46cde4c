/** Each fault of a cell, from request to heal, and whether it met anything. One pass over the wire. */
import type { CellHistory } from './cell-history.ts';
import { evidenceOf, type Evidence, type FaultAt, type WireAt } from './evidence.ts';
import { touches } from './fault-target.ts';
import type { FaultRecord } from './judgement.ts';

/** What was recorded of one fault. */
export interface FaultPhases {
  readonly first: FaultAt;
  readonly on: FaultAt | undefined;
  readonly healing: FaultAt | undefined;
  readonly off: FaultAt | undefined;
  readonly last: FaultAt;
}

/** @returns the faults in the order in which they were requested. */
export function faultRecords(cell: CellHistory): FaultRecord[] {
  const evidence = evidenceOf(cell);
  return faultsById(evidence).map((phases) => record(evidence, phases));
}

/** @returns the same, as they were recorded. */
export function faultsById({ faults }: Evidence): FaultPhases[] {
  const byId = new Map<string, FaultAt[]>();
  for (const fault of faults) byId.set(fault.id, [...(byId.get(fault.id) ?? []), fault]);
  return [...byId.values()].flatMap((phases) => {
    const [first] = phases;
    const last = phases.at(-1);
    if (first === undefined || last === undefined) return [];
    return [
      {
        first,
        on: phases.find(({ phase }) => phase === 'on'),
        healing: phases.find(({ phase }) => phase === 'healing'),
        off: phases.findLast(({ phase }) => phase === 'off'),
        last,
      },
    ];
  });
}

/** Faults that only slow or stop bytes for a while need no lost frame to have met traffic. */
export function isSlowing(verb: string): boolean {
  return verb === 'latency' || verb === 'throttle';
}

function record(evidence: Evidence, phases: FaultPhases): FaultRecord {
  const { first, on, off, last } = phases;
  const frames = framesBefore(evidence, first.target, off?.seq ?? Number.POSITIVE_INFINITY);
  const held = frames.filter(({ passage }) => passage === 'held');
  const lost = frames.filter(({ passage }) => passage === 'lost');
  return {
    id: first.id,
    verb: first.verb,
    target: first.target,
    label: first.label,
    applied: on?.applied ?? null,
    onMs: on?.t ?? null,
    offMs: off?.t ?? null,
    healed: off !== undefined && last.phase === 'off',
    framesHeld: held.length,
    framesLost: lost.length,
    struckKeys: keysInOrder([...held, ...lost]),
    metTraffic: on !== undefined && metTraffic(evidence, first, on, off?.seq ?? Infinity, frames),
  };
}

/**
 * Whether anything but the lab shows that the fault met something. A frame that the tap itself held does not, nor a
 * connection that the lab itself ended.
 */
function metTraffic(
  evidence: Evidence,
  first: FaultAt,
  on: FaultAt,
  offSeq: number,
  frames: readonly WireAt[],
): boolean {
  if (endedTheProcess(evidence, first) || endedByTheServer(evidence, first, offSeq)) return true;
  return (
    frames.some(
      ({ seq, passage }) =>
        (passage === 'lost' && seq > first.seq) ||
        (passage === 'crossed' && seq > on.seq && letsBytesStand(first.verb)),
    ) || cameBack(evidence, first, frames)
  );
}

/** The server's own account: what it had sent over the target's links it sent again, and said so. */
function cameBack(evidence: Evidence, { seq }: FaultAt, frames: readonly WireAt[]): boolean {
  const given = new Set<string>();
  for (const { means, keys = [] } of frames) {
    if (means === 'deliver') for (const key of keys) given.add(key);
  }
  for (const key of given) {
    const again = evidence.jobs
      .get(key)
      ?.wire.some((event) => event.means === 'deliver' && event.redelivered && event.seq > seq);
    if (again === true) return true;
  }
  return false;
}

function framesBefore(evidence: Evidence, target: string, seq: number): WireAt[] {
  const frames: WireAt[] = [];
  for (const [link, onLink] of evidence.links) {
    if (!touches(target, link)) continue;
    for (const frame of onLink) if (frame.seq < seq) frames.push(frame);
  }
  return frames;
}

function keysInOrder(frames: readonly WireAt[]): string[] {
  const inOrder = frames.toSorted((a, b) => a.seq - b.seq);
  return [...new Set(inOrder.flatMap(({ keys }) => keys ?? []))];
}

/** Under these a frame that passes the tap is delayed or swallowed behind it. */
function letsBytesStand(verb: string): boolean {
  return isSlowing(verb) || ['hold', 'blackhole', 'pause', 'memory-alarm'].includes(verb);
}

function endedTheProcess(evidence: Evidence, { verb, target, seq }: FaultAt): boolean {
  if (verb !== 'kill') return false;
  return evidence.processes.some(
    (event) => event.role === target && event.phase === 'exited' && event.seq > seq,
  );
}

/** True when a connection of the target's links ended from the far side of the tap between request and heal. */
function endedByTheServer(
  { connections }: Evidence,
  { target, seq }: FaultAt,
  offSeq: number,
): boolean {
  for (const { link, ended } of connections.values()) {
    if (ended?.by !== 'server' || !touches(target, link)) continue;
    if (ended.seq > seq && ended.seq < offSeq) return true;
  }
  return false;
}

/** True when a client opened a new connection on a target's link after the fault came on. */
export function endedAConnection(evidence: Evidence, on: FaultAt): boolean {
  for (const [link, frames] of evidence.links) {
    if (!touches(on.target, link)) continue;
    let before = 0;
    let after = 0;
    for (const { seq, connection } of frames) {
      if (seq < on.seq) before = Math.max(before, connection);
      else after = Math.max(after, connection);
    }
    if (before > 0 && after > before) return true;
  }
  return false;
}
