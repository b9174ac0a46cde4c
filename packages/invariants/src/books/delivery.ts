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
import { isGivenUpByCount } from '../failed-attempts.ts';
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
    repeatsAreMarked(job, page);
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

/** What one connection, or on BullMQ one link, brought of a job and took back. */
interface Hand {
  readonly deliveries: WireAt[];
  /** Settled, given up or given back. */
  readonly sent: WireAt[];
  /** Sent back and not answered yet; BullMQ only. */
  readonly unanswered: WireAt[];
  /** How often the server would not have it: the lease was lost. */
  refusals: number;
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
      hand = { deliveries: [], sent: [], unanswered: [], refusals: 0 };
      hands.set(name, hand);
    }
    return hand;
  };
  for (const event of wire) {
    const { means, passage } = event;
    if (passage === 'held') continue;
    if (means === 'deliver') {
      if (passage === 'crossed') handOf(event).deliveries.push(event); // a lost one was never given
    } else if (means === 'settle' || means === 'reject' || means === 'requeue') {
      sentBack(key, event, handOf(event), transport, explanations, page);
    } else if (means === 'settle-reply') {
      answeredFor(key, event, handOf(event), page);
    } else if (isRefusedGivingBack(event)) {
      handOf(event).refusals += 1;
    }
  }
  for (const { deliveries, sent, unanswered } of hands.values()) {
    const unexplained = deliveries.filter((delivery) => !explanations.explain(delivery));
    const [delivery] = unexplained;
    if (delivery !== undefined && unexplained.length > sent.length) {
      page.write(
        `${roleOf(delivery)} was given ${key} and neither settled it nor gave it back`,
        ...unexplained.map(({ seq }) => seq),
      );
    }
    for (const settle of unanswered) {
      if (explanations.explain(settle)) continue;
      page.write(`the ${settle.means} of ${key} by ${roleOf(settle)} was not answered`, settle.seq);
    }
  }
}

/**
 * Once for each delivery. On BullMQ once more for each refusal, since a worker whose lease was lost gives the job back or up
 * instead, and for each command that its connection's end kept from the server or left unanswered, since it is sent again
 * on the next one.
 */
function sentBack(
  key: string,
  event: WireAt,
  hand: Hand,
  transport: CellSpec['transport'],
  explanations: Explanations,
  page: Page,
): void {
  // What gave the job back has no answer that counts: it is sent again like all that its connection's end left behind.
  const left = hand.sent.filter(
    (sent) => sent.passage === 'lost' || (sent.means === 'requeue' && explanations.explain(sent)),
  );
  hand.sent.push(event);
  const again = transport === 'bullmq' ? hand.refusals + hand.unanswered.length + left.length : 0;
  const given = hand.deliveries.length;
  if (given === 0 || hand.sent.length > given + again) {
    page.write(
      `${roleOf(event)} sent a ${event.means} of ${key}, which it was not given`,
      event.seq,
    );
  }
  if (transport === 'bullmq' && event.means !== 'requeue' && event.passage === 'crossed') {
    hand.unanswered.push(event);
  }
}

/** BullMQ answers giving back with nothing or the next job, unless the lease was lost; settling has its own answer. */
function isRefusedGivingBack({ direction, means, frame, detail }: WireAt): boolean {
  return (
    direction === 'down' &&
    means === undefined &&
    frame.startsWith('reply ') &&
    detail?.startsWith('-') === true
  );
}

function answeredFor(key: string, event: WireAt, hand: Hand, page: Page): void {
  const asked = hand.unanswered.findIndex((settle) => connectionId(settle) === connectionId(event));
  if (asked >= 0) hand.unanswered.splice(asked, 1);
  else {
    page.write(`${roleOf(event)} was answered for ${key}, which it had not settled`, event.seq);
  }
  if (event.detail !== undefined || event.passage === 'lost') hand.refusals += 1;
}

/** Both brokers mark what they hand out once more; a message that was published twice is two. */
function repeatsAreMarked({ key, wire }: JobEvidence, page: Page): void {
  let published = 0;
  const unmarked: number[] = [];
  for (const { means, passage, redelivered, seq } of wire) {
    if (passage === 'held') continue;
    if (means === 'publish') published += 1;
    else if (means === 'deliver' && redelivered !== true) unmarked.push(seq);
  }
  if (unmarked.length <= Math.max(1, published)) return;
  page.write(`${key} was delivered again, and not marked as a repeat`, ...unmarked);
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
  // BullMQ gives up by itself what stalled too often, before any handler of the worker sees it.
  const withoutHandler = wire.filter(
    (event) => event.passage === 'crossed' && isGivenUpByCount(event),
  );
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
    const counted =
      (attempts.get(role)?.length ?? 0) +
      withoutHandler.filter((event) => isOf(event, role)).length;
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
