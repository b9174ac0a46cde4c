/**
 * What may explain that something on the wire has no sequel: its link was under a declared fault, its connection ended, its
 * process died. Nothing else explains anything: an ending in good order, after which the role goes without complaint,
 * explains nothing, because whoever ends in good order waits for what is open.
 */
import {
  connectionId,
  roleOf,
  type ConnectionEvidence,
  type Evidence,
  type FaultAt,
  type ProcessAt,
} from '../evidence.ts';
import { isSlowing } from '../fault-records.ts';
import { touches } from '../fault-target.ts';

/** One fault, from the moment from which it may have done something to the proof that it is gone. */
export interface FaultSpan {
  readonly id: string;
  readonly verb: string;
  readonly target: string;
  readonly label: string;
  readonly fromSeq: number;
  readonly fromMs: number;
  /** Infinite where nothing proves that it is gone. */
  readonly untilSeq: number;
  readonly untilMs: number;
}

/** @returns the faults as they were asked for; the first frame that the tap held begins all of them, if it came earlier. */
function faultSpans(evidence: Evidence): FaultSpan[] {
  const byId = new Map<string, FaultAt[]>();
  for (const fault of evidence.faults) {
    const phases = byId.get(fault.id);
    if (phases === undefined) byId.set(fault.id, [fault]);
    else phases.push(fault);
  }
  const held = evidence.held[0];
  return [...byId].flatMap(([id, phases]) => {
    const [first] = phases;
    if (first === undefined) return [];
    const from = held !== undefined && held.seq < first.seq ? held : first;
    const healed = evidence.probes.findLast(
      ({ fault, during, outcome }) => fault === id && during === 'healed' && outcome === 'answered',
    );
    const off = phases.findLast(({ phase }) => phase === 'off');
    const until = off === undefined ? undefined : (healed ?? off);
    return [
      {
        id,
        verb: first.verb,
        target: first.target,
        label: first.label,
        fromSeq: from.seq,
        fromMs: from.t,
        untilSeq: Math.max(until?.seq ?? Infinity, off?.seq ?? Infinity),
        untilMs: Math.max(until?.t ?? Infinity, off?.t ?? Infinity),
      },
    ];
  });
}

/** True of a fault under which bytes are lost or kept back, rather than late. */
export function losesBytes({ verb }: FaultSpan): boolean {
  return !isSlowing(verb);
}

export interface Explanations {
  readonly spans: readonly FaultSpan[];
  /** Whether something declared or seen explains that this frame had no sequel. */
  explain(frame: {
    readonly link: string;
    readonly connection: number;
    readonly seq: number;
  }): boolean;
  /** The same of a role as a whole: what it did not get to do. */
  explainOf(role: string, seq: number): boolean;
}

export function explanationsOf(evidence: Evidence): Explanations {
  const spans = faultSpans(evidence);
  const losing = spans.filter(losesBytes);
  const deaths = deathsOf(evidence);
  const lastOpened = lastOpenedByLink(evidence);
  const died = (role: string, seq: number): boolean =>
    (deaths.get(role) ?? []).some((exit) => exit.seq > seq);
  return {
    spans,
    explain(frame) {
      if (
        losing.some(({ target, untilSeq }) => touches(target, frame.link) && untilSeq > frame.seq)
      )
        return true;
      if (died(roleOf(frame), frame.seq)) return true;
      const connection = evidence.connections.get(connectionId(frame));
      const { ended } = connection ?? {};
      if (connection === undefined || ended === undefined || ended.seq < frame.seq) return false;
      return !isInGoodOrder(connection, ended, lastOpened, evidence);
    },
    explainOf: (role, seq) =>
      died(role, seq) ||
      losing.some(
        ({ target, untilSeq }) =>
          (target === role || target.startsWith(`${role}>`)) && untilSeq > seq,
      ),
  };
}

/** The last of its role's connections on that link, and the role then ended by itself with exit code 0. */
function isInGoodOrder(
  { link }: ConnectionEvidence,
  ended: { readonly seq: number },
  lastOpened: ReadonlyMap<string, number>,
  evidence: Evidence,
): boolean {
  if ((lastOpened.get(link) ?? 0) > ended.seq) return false;
  const exit = evidence.processes.findLast(
    ({ role, phase }) => role === roleOf({ link }) && phase === 'exited',
  );
  return exit === undefined || endedWell(exit);
}

export function endedWell({ detail }: ProcessAt): boolean {
  return detail === 'code 0';
}

function deathsOf(evidence: Evidence): Map<string, ProcessAt[]> {
  const deaths = new Map<string, ProcessAt[]>();
  for (const event of evidence.processes) {
    if (event.phase !== 'exited' || endedWell(event)) continue;
    deaths.set(event.role, [...(deaths.get(event.role) ?? []), event]);
  }
  return deaths;
}

function lastOpenedByLink(evidence: Evidence): Map<string, number> {
  const last = new Map<string, number>();
  for (const { link, opened } of evidence.connections.values()) {
    if (opened !== undefined) last.set(link, Math.max(last.get(link) ?? 0, opened.seq));
  }
  return last;
}
