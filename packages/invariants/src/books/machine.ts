/**
 * What may be put down to the machine: a lease that ran out, or a connection that closed, with no fault near, while the
 * machine withheld at least the slack. A recorded cause is
 * - the lab's own timer late by the slack, in a stretch that overlaps the window; or
 * - the run delays of program, lab, carrier and store, together the slack, while the program's own CPU time there is
 *   below it. Lab, carrier and store can only have kept waiting what the program sent: of a lease for which its holder
 *   sent nothing until then, the program's own delay alone counts.
 *
 * The window is that of the lease: from the last renewal or delivery to the loss. A program that blocks its loop has CPU
 * time of its own, and one that sleeps synchronously has no run delay: neither is excused.
 */
import type { CellSpec } from '@lab/contract';

import {
  connectionId,
  roleOf,
  serverOf,
  type Evidence,
  type JobEvidence,
  type MachineAt,
  type WireAt,
} from '../evidence.ts';
import { touches } from '../fault-target.ts';
import type { FaultSpan } from './explanations.ts';

export interface MachineCause {
  readonly says: string;
  readonly seqs: readonly number[];
}

/** What must have been withheld before a connection that ended is put down to the machine, ms. */
const connectionSlackMs = 1000;

interface Loss {
  readonly what: 'its lease ran out' | 'its connection closed';
  readonly role: string;
  readonly server: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly slackMs: number;
  /** False when the program sent nothing about the job in that time, so that nobody else can have kept it waiting. */
  readonly spoke: boolean;
  readonly seqs: readonly number[];
}

/** @returns the recorded cause in the machine of a job's being delivered once more, or null. */
export function machineCauseOf(
  job: JobEvidence,
  spec: CellSpec,
  evidence: Evidence,
  spans: readonly FaultSpan[],
): MachineCause | null {
  if (evidence.machine.length === 0) return null;
  for (const repeat of repeatsOf(job)) {
    const loss =
      spec.transport === 'bullmq'
        ? leaseLost(repeat, job, spec)
        : connectionLost(repeat, job, evidence);
    if (loss === null || isFaultNear(loss, spans)) continue;
    const cause = lateTimer(loss, evidence.machine) ?? withheld(loss, evidence.machine);
    if (cause !== null) return cause;
  }
  return null;
}

/** A delivery, and the one that followed it. */
interface Repeat {
  readonly first: WireAt;
  readonly second: WireAt;
}

function repeatsOf({ wire }: JobEvidence): Repeat[] {
  const repeats: Repeat[] = [];
  let first: WireAt | undefined;
  for (const second of wire) {
    if (second.means !== 'deliver' || second.passage !== 'crossed') continue;
    if (first !== undefined) repeats.push({ first, second });
    first = second;
  }
  return repeats;
}

function leaseLost(
  { first, second }: Repeat,
  { wire }: JobEvidence,
  { leaseMs }: CellSpec,
): Loss | null {
  if (leaseMs === undefined) return null;
  const link = first.link;
  const before = wire.filter(({ seq }) => seq > first.seq && seq < second.seq);
  const refused = before.find(
    (event) => event.link === link && event.means === 'settle-reply' && event.detail !== undefined,
  );
  const givenBack = before.find((event) => event.link === link && event.means === 'requeue');
  // A job that was given back did not lose its lease, unless it was given back because that was lost.
  if (givenBack !== undefined && (refused?.seq ?? Infinity) > givenBack.seq) return null;
  const renewed = lastRenewal(before, link) ?? first;
  const lost =
    before.findLast(({ detail, seq }) => detail === 'stalled' && seq > renewed.seq) ?? second;
  const slackMs = leaseMs / 2;
  // The renewal is seen before the server has it, and the delivery after: half a lease is far from both.
  if (lost.t - renewed.t < slackMs) return null;
  // What was sent in time and kept waiting on its way reaches the tap soon after, if not before.
  const spoke = wire.some(
    (event) =>
      event.link === link &&
      event.direction === 'up' &&
      event.seq > renewed.seq &&
      event.t <= lost.t + slackMs / 2 &&
      (event.means === 'renew' || event.means === 'settle' || event.means === 'reject'),
  );
  return {
    what: 'its lease ran out',
    role: roleOf(first),
    server: serverOf(first),
    fromMs: renewed.t,
    untilMs: lost.t,
    slackMs,
    spoke,
    seqs: [renewed.seq, lost.seq],
  };
}

/** The last renewal on that link that the server did not refuse. */
function lastRenewal(wire: readonly WireAt[], link: string): WireAt | undefined {
  let granted: WireAt | undefined;
  let asked: WireAt | undefined;
  for (const event of wire) {
    if (event.link !== link || event.passage !== 'crossed') continue;
    if (event.means === 'renew') {
      granted = asked ?? granted;
      asked = event;
    } else if (event.detail === 'not renewed') asked = undefined;
  }
  return asked ?? granted;
}

function connectionLost(
  { first, second }: Repeat,
  { wire }: JobEvidence,
  evidence: Evidence,
): Loss | null {
  // What the worker itself gave back or up came again without any connection's end.
  const givenBack = wire.some(
    ({ means, link, seq }) =>
      (means === 'requeue' || means === 'reject') &&
      link === first.link &&
      seq > first.seq &&
      seq < second.seq,
  );
  if (givenBack) return null;
  const { ended } = evidence.connections.get(connectionId(first)) ?? {};
  if (ended === undefined || ended.by === 'lab') return null;
  // The redelivery may overtake the end that it follows from, but not by more than the slack.
  if (ended.t < first.t || ended.t > second.t + connectionSlackMs) return null;
  return {
    what: 'its connection closed',
    role: roleOf(first),
    server: serverOf(first),
    fromMs: first.t,
    untilMs: Math.max(ended.t, second.t),
    slackMs: connectionSlackMs,
    spoke: true,
    seqs: [first.seq, ended.seq],
  };
}

function isFaultNear(loss: Loss, spans: readonly FaultSpan[]): boolean {
  return spans.some(
    ({ target, fromMs, untilMs }) =>
      touches(target, `${loss.role}>${loss.server}`) &&
      fromMs <= loss.untilMs &&
      untilMs >= loss.fromMs,
  );
}

/** A lateness is an interval: it began `overMs` before it was seen. */
function overlaps({ t, overMs }: MachineAt, { fromMs, untilMs }: Loss): boolean {
  return t >= fromMs && t - overMs <= untilMs;
}

function lateTimer(loss: Loss, machine: readonly MachineAt[]): MachineCause | null {
  const late = machine.find(
    (event) => event.who === 'lab' && (event.lateMs ?? 0) >= loss.slackMs && overlaps(event, loss),
  );
  if (late === undefined) return null;
  return {
    says: `${loss.what} while the lab's own timer was ${Math.round(late.lateMs ?? 0)} ms late`,
    seqs: [...loss.seqs, late.seq],
  };
}

/** Who carries the proxies; the embedded stand-in is the lab itself. */
const carriers: ReadonlySet<string> = new Set(['toxiproxy']);

function withheld(loss: Loss, machine: readonly MachineAt[]): MachineCause | null {
  const near = machine.filter(
    (event) =>
      overlaps(event, loss) &&
      (event.who === loss.role ||
        (loss.spoke &&
          (event.who === 'lab' || event.who === loss.server || carriers.has(event.who)))),
  );
  let delayMs = 0;
  let cpuMs = 0;
  for (const event of near) {
    delayMs += event.runDelayMs ?? 0;
    if (event.who === loss.role) cpuMs += event.cpuMs ?? 0;
  }
  if (delayMs < loss.slackMs || cpuMs >= loss.slackMs) return null;
  return {
    says: `${loss.what} while the machine withheld ${Math.round(delayMs)} ms`,
    seqs: [...loss.seqs, ...near.map(({ seq }) => seq)],
  };
}
