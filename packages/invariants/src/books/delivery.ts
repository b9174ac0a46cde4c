/**
 * Deliveries and what became of them, link by link. Each is settled, given up or given back on the link that brought it;
 * on BullMQ the server answers that. And each worker says of each job that it was given it, on that link and no other:
 * a tap that names the wrong link disagrees with all of them.
 */
import type { CellSpec } from '@lab/contract';

import {
  connectionId,
  isOf,
  roleOf,
  type Evidence,
  type JobEvidence,
  type WireAt,
} from '../evidence.ts';
import type { Breach } from '../judgement.ts';
import type { Explanations } from './explanations.ts';
import { Page } from './page.ts';

export function deliveryBook(
  spec: CellSpec,
  evidence: Evidence,
  explanations: Explanations,
): Breach[] {
  const page = new Page('delivery');
  for (const job of evidence.jobs.values()) {
    if (isOrdinary(spec, job)) continue;
    deliveriesSettled(spec, job, explanations, page);
    asTheWorkersSay(job, explanations, page);
  }
  return page.breaches;
}

/** Given once, settled once on the same connection, answered where that is the custom, and said to have been given. */
function isOrdinary({ transport }: CellSpec, { wire, said }: JobEvidence): boolean {
  let delivery: WireAt | undefined;
  let settle: WireAt | undefined;
  let answered = transport === 'rabbitmq';
  for (const event of wire) {
    const { means, passage } = event;
    if (means === 'deliver') {
      if (delivery !== undefined || passage !== 'crossed') return false;
      delivery = event;
    } else if (means === 'settle') {
      if (settle !== undefined || passage !== 'crossed') return false;
      if (delivery?.connection !== event.connection || delivery.link !== event.link) return false;
      settle = event;
    } else if (means === 'settle-reply') {
      if (answered || passage !== 'crossed' || event.detail !== undefined) return false;
      if (settle?.connection !== event.connection || settle.link !== event.link) return false;
      answered = true;
    } else if (means === 'reject' || means === 'requeue') return false;
  }
  if (delivery === undefined || settle === undefined || !answered) return false;
  let attempts = 0;
  for (const { op, source } of said) {
    if (op !== 'attempt') continue;
    attempts += 1;
    if (!isOf(delivery, source)) return false;
  }
  return attempts === 1;
}

interface Hand {
  /** Delivered, and no word of it since. */
  open: WireAt[];
  deliveries: number;
  /** Sent back and not answered yet; BullMQ only. */
  unanswered: WireAt[];
  refused: boolean;
}

function deliveriesSettled(
  { transport }: CellSpec,
  { key, wire }: JobEvidence,
  explanations: Explanations,
  page: Page,
): void {
  const hands = new Map<string, Hand>();
  // A message of AMQP belongs to the connection that brought it; a job of BullMQ to the worker.
  const handOf = (event: WireAt): Hand => {
    const name = transport === 'rabbitmq' ? connectionId(event) : event.link;
    let hand = hands.get(name);
    if (hand === undefined) {
      hand = { open: [], deliveries: 0, unanswered: [], refused: false };
      hands.set(name, hand);
    }
    return hand;
  };
  for (const event of wire) {
    if (event.passage === 'held') continue;
    if (event.means === 'deliver') {
      if (event.passage === 'lost') continue; // never given
      handOf(event).open.push(event);
      handOf(event).deliveries += 1;
    } else if (event.means === 'settle' || event.means === 'reject' || event.means === 'requeue') {
      sentBack(key, event, handOf(event), transport, page);
    } else if (event.means === 'settle-reply') {
      answeredFor(key, event, handOf(event), page);
    }
  }
  for (const { open, unanswered } of hands.values()) {
    for (const delivery of open) {
      if (explanations.explain(delivery)) continue;
      page.write(
        `${roleOf(delivery)} was given ${key} and neither settled it nor gave it back`,
        delivery.seq,
      );
    }
    for (const settle of unanswered) {
      if (explanations.explain(settle)) continue;
      page.write(`the ${settle.means} of ${key} by ${roleOf(settle)} was not answered`, settle.seq);
    }
  }
}

function sentBack(
  key: string,
  event: WireAt,
  hand: Hand,
  transport: CellSpec['transport'],
  page: Page,
): void {
  const given = hand.open.shift();
  // A worker whose lease was lost is refused when it settles, and gives the job back instead.
  // A command that its connection's end left unanswered may be sent once more on the next one.
  const again =
    transport === 'bullmq' && hand.deliveries > 0 && (hand.refused || hand.unanswered.length > 0);
  if (given === undefined && !again) {
    page.write(
      `${roleOf(event)} sent a ${event.means} of ${key}, which it was not given`,
      event.seq,
    );
  }
  hand.refused = false;
  if (transport === 'bullmq' && event.means !== 'requeue' && event.passage === 'crossed') {
    hand.unanswered.push(event);
  }
}

function answeredFor(key: string, event: WireAt, hand: Hand, page: Page): void {
  const asked = hand.unanswered.findIndex((settle) => connectionId(settle) === connectionId(event));
  if (asked >= 0) hand.unanswered.splice(asked, 1);
  else {
    page.write(`${roleOf(event)} was answered for ${key}, which it had not settled`, event.seq);
  }
  hand.refused = event.detail !== undefined || event.passage === 'lost';
}

/** Counts alone: each process stamps its own lines, and which of two was first is not to be had from that. */
function asTheWorkersSay({ key, wire, said }: JobEvidence, explanations: Explanations, page: Page) {
  const given = new Map<string, WireAt[]>();
  for (const event of wire) {
    if (event.means !== 'deliver' || event.passage !== 'crossed') continue;
    const role = roleOf(event);
    const deliveries = given.get(role);
    if (deliveries === undefined) given.set(role, [event]);
    else deliveries.push(event);
  }
  const attempts = new Map<string, number[]>();
  for (const { op, source, seq } of said) {
    if (op !== 'attempt') continue;
    const seqs = attempts.get(source);
    if (seqs === undefined) attempts.set(source, [seq]);
    else seqs.push(seq);
  }
  for (const [role, seqs] of attempts) {
    const deliveries = given.get(role)?.length ?? 0;
    if (seqs.length > deliveries) {
      page.write(
        `${role} says that it was given ${key} ${times(seqs.length)}; its links brought it ${times(deliveries)}`,
        ...seqs,
      );
    }
  }
  for (const [role, deliveries] of given) {
    const counted = attempts.get(role)?.length ?? 0;
    const unexplained = deliveries.filter((delivery) => !explanations.explain(delivery)).length;
    if (unexplained > counted) {
      page.write(
        `the links of ${role} brought ${key} ${times(unexplained)}; it says ${times(counted)}`,
        ...deliveries.map(({ seq }) => seq),
      );
    }
  }
}

function times(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}
