/**
 * Which jobs a strike may have touched: from the first frame that the tap holds for it, or the fault's request if that is
 * earlier, to the proof that it is healed.
 *
 * - of a role, or of one of its links: every job that any line of the cell shows as given to it, whenever that line was
 *   recorded (a lost frame is written down after the redelivery that it explains), on a connection opened before the heal,
 *   and not settled by it before the window; and its publishes that were not confirmed by then;
 * - jobs whose first delivery on any tap already says that it is a repeat, if they were published before the heal and a
 *   link to that server was under a fault that loses or keeps bytes: the first one lay in the carrier;
 * - of a server: all that it holds or is sent.
 */
import type { CellSpec } from '@lab/contract';

import {
  connectionId,
  roleOf,
  serverOf,
  type Evidence,
  type JobEvidence,
  type WireAt,
} from '../evidence.ts';
import { roleOfTarget } from '../fault-target.ts';
import { losesBytes, type FaultSpan } from './explanations.ts';

export function struckJobs(
  spec: CellSpec,
  evidence: Evidence,
  spans: readonly FaultSpan[],
): ReadonlySet<string> {
  const struck = new Set<string>(spec.poison);
  for (const frame of evidence.held) for (const key of frame.keys ?? []) struck.add(key);
  if (spans.length === 0) return struck;
  const losing = spans.filter(losesBytes);
  for (const job of evidence.jobs.values()) {
    const isStruck =
      spans.some((span) => wasInHand(job, span, spec, evidence)) ||
      layInTheCarrier(job, losing, spec);
    if (isStruck) struck.add(job.key);
  }
  return struck;
}

function wasInHand(job: JobEvidence, span: FaultSpan, spec: CellSpec, evidence: Evidence): boolean {
  if (isServer(span.target)) return true;
  const role = roleOfTarget(span.target);
  const unconfirmed = job.wire.some(
    (event) => event.means === 'publish' && roleOf(event) === role && event.seq < span.untilSeq,
  );
  if (unconfirmed && !confirmedBefore(job, role, span.fromSeq)) return true;
  return job.wire.some(
    (event) =>
      event.means === 'deliver' &&
      roleOf(event) === role &&
      openedBefore(event, span.untilSeq, evidence) &&
      !settledBefore(job, event, span.fromSeq, spec),
  );
}

/** A fault on a server names no role. */
function isServer(target: string): boolean {
  return target === 'rabbitmq' || target === 'redis';
}

function confirmedBefore({ wire }: JobEvidence, role: string, seq: number): boolean {
  return wire.some(
    (event) =>
      event.means === 'confirm' &&
      event.passage === 'crossed' &&
      event.seq < seq &&
      roleOf(event) === role,
  );
}

function openedBefore(event: WireAt, seq: number, evidence: Evidence): boolean {
  const { opened } = evidence.connections.get(connectionId(event)) ?? {};
  return (opened?.seq ?? event.seq) < seq;
}

/** On BullMQ a settle counts once it is answered: before that the server may not have it. */
function settledBefore(
  { wire }: JobEvidence,
  delivery: WireAt,
  seq: number,
  { transport }: CellSpec,
): boolean {
  return wire.some(
    (event) =>
      event.seq > delivery.seq &&
      event.seq < seq &&
      event.passage === 'crossed' &&
      event.link === delivery.link &&
      (transport === 'bullmq'
        ? event.means === 'settle-reply' && event.detail === undefined
        : event.means === 'settle' || event.means === 'reject'),
  );
}

function layInTheCarrier(
  { wire }: JobEvidence,
  losing: readonly FaultSpan[],
  { transport }: CellSpec,
): boolean {
  const first = wire.find(({ means, passage }) => means === 'deliver' && passage !== 'held');
  if (first?.redelivered !== true) return false;
  const published = wire.find(({ means }) => means === 'publish');
  const queue = transport === 'rabbitmq' ? 'rabbitmq' : 'redis';
  return losing.some(
    ({ target, untilSeq }) =>
      (published?.seq ?? Infinity) < untilSeq &&
      // A process that is killed or stopped leaves unread what its links carry.
      (!target.includes('>') || serverOf({ link: target }) === queue),
  );
}
