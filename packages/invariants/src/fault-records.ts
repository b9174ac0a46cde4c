/** Each fault of a cell, from request to heal, and whether it met anything. One pass over the wire. */
import type { CellHistory } from './cell-history.ts';
import { evidenceOf, type Evidence, type FaultAt, type WireAt } from './evidence.ts';
import { touches } from './fault-target.ts';
import type { FaultRecord } from './judgement.ts';

/** @returns the faults in the order in which they were requested. */
export function faultRecords(cell: CellHistory): FaultRecord[] {
  const evidence = evidenceOf(cell);
  const byId = new Map<string, FaultAt[]>();
  for (const fault of evidence.faults) byId.set(fault.id, [...(byId.get(fault.id) ?? []), fault]);
  return [...byId.values()].map((phases) => record(evidence, phases));
}

/** Faults that only slow or stop bytes for a while need no lost frame to have met traffic. */
export function isSlowing(verb: string): boolean {
  return verb === 'latency' || verb === 'throttle';
}

function record(evidence: Evidence, phases: readonly FaultAt[]): FaultRecord {
  const [first] = phases;
  if (first === undefined) throw new Error('a fault without an event');
  const on = phases.find(({ phase }) => phase === 'on');
  const off = phases.findLast(({ phase }) => phase === 'off');
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
    healed: off !== undefined && phases.at(-1)?.phase === 'off',
    framesHeld: held.length,
    framesLost: lost.length,
    struckKeys: keysInOrder([...held, ...lost]),
    metTraffic:
      on !== undefined &&
      (held.length + lost.length > 0 ||
        endedAProcess(evidence, first) ||
        endedAConnection(evidence, on) ||
        (letsBytesStand(first.verb) && frames.some(({ seq }) => seq > on.seq))),
  };
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

function endedAProcess(evidence: Evidence, requested: FaultAt): boolean {
  return evidence.processes.some(
    ({ role, phase, seq }) =>
      role === requested.target && phase === 'exited' && seq > requested.seq,
  );
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
