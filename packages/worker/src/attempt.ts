/**
 * One attempt: a delivery is read as a job, its effect goes through the guard, and what came of it decides how
 * the delivery is to be settled. No transport and no store is named here.
 */
import { randomUUID } from 'node:crypto';

import { parseJob, type Job, type Journal, type LedgerEntry } from '@lab/contract';
import type { Logger } from 'pino';

import { isDefinite } from './effect-store.ts';
import type { DeliveryMarks, Guard, GuardOutcome } from './guards/guard.ts';

/** A message as it came. */
export interface Delivery extends DeliveryMarks {
  readonly body: string;
  /** The id the transport carries it under; it must be the job's key. */
  readonly messageId: string | undefined;
  /** 1 for the first delivery, where the transport counts. */
  readonly attempt: number | undefined;
}

/**
 * How the delivery is to be settled.
 * - `done`: the effect is there, or the guard decided against it.
 * - `retry`: it definitely failed; another attempt may help, within the transport's bound.
 * - `give back`: nobody knows, or the store is away; to be delivered again, and no fault of the job.
 * - `reject`: it can never be handled.
 */
export type Disposition =
  | { readonly kind: 'done'; readonly outcome: GuardOutcome }
  | { readonly kind: 'retry' | 'give back' | 'reject'; readonly reason: string };

/** Whose attempt it was, as its events and log lines name it. */
export interface Subject {
  readonly key: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly attempt?: number;
}

export interface Attempt {
  readonly subject: Subject;
  readonly disposition: Disposition;
}

export interface AttemptOptions {
  readonly role: string;
  readonly guard: Guard;
  /** Resolves when the effect store can be spoken to. */
  readonly storeReady: () => Promise<void>;
  readonly journal: Journal;
  readonly log: Logger;
}

/** @returns the handler of deliveries; it never rejects. */
export function createHandler(options: AttemptOptions): (delivery: Delivery) => Promise<Attempt> {
  const { journal, log } = options;
  return async (delivery) => {
    const read = readJob(delivery);
    if ('malformed' in read) {
      const subject = { key: delivery.messageId ?? 'unreadable' };
      journal.record({
        kind: 'job',
        op: 'attempt',
        phase: 'fail',
        ...subject,
        detail: read.malformed,
      });
      log.error({ ...subject, error: read.malformed }, 'malformed message');
      return { subject, disposition: { kind: 'reject', reason: read.malformed } };
    }
    const subject = subjectOf(read.job, delivery.attempt);
    journal.record({ kind: 'job', op: 'attempt', phase: 'invoke', ...subject });
    log.debug({ ...subject, redelivered: delivery.redelivered }, 'attempt begins');
    return { subject, disposition: await apply(read.job, delivery, subject, options) };
  };
}

async function apply(
  job: Job,
  marks: DeliveryMarks,
  subject: Subject,
  { role, guard, storeReady, journal, log }: AttemptOptions,
): Promise<Disposition> {
  try {
    await storeReady();
  } catch (error) {
    journal.record({ kind: 'job', op: 'effect', phase: 'fail', ...subject, detail: String(error) });
    log.warn({ ...subject, error: String(error) }, 'effect store is away');
    return { kind: 'give back', reason: String(error) };
  }
  const effect: LedgerEntry = {
    entry: randomUUID(),
    key: job.key,
    kind: 'effect',
    amount: job.amount,
    by: role,
  };
  try {
    const outcome = await guard(effect, marks);
    journal.record({ kind: 'job', op: 'effect', phase: 'ok', ...subject, detail: outcome });
    log.info({ ...subject, entry: effect.entry }, `effect ${outcome}`);
    return { kind: 'done', outcome };
  } catch (error) {
    const definite = isDefinite(error);
    const detail = String(error);
    journal.record({
      kind: 'job',
      op: 'effect',
      phase: definite ? 'fail' : 'info',
      ...subject,
      detail,
    });
    log.error({ ...subject, error: detail }, definite ? 'effect failed' : 'effect is indefinite');
    return { kind: definite ? 'retry' : 'give back', reason: detail };
  }
}

/** Records how settling went. `ok`: the settlement was handed to a live connection; `info`: nobody knows. */
export function recordSettle(
  { journal, log }: Pick<AttemptOptions, 'journal' | 'log'>,
  subject: Subject,
  phase: 'ok' | 'info',
  detail: string,
): void {
  journal.record({ kind: 'job', op: 'settle', phase, ...subject, detail });
  if (phase === 'ok') log.debug(subject, detail);
  else log.warn(subject, detail);
}

function readJob(delivery: Delivery): { job: Job } | { malformed: string } {
  try {
    const job = parseJob(delivery.body);
    if (delivery.messageId !== undefined && delivery.messageId !== job.key) {
      return { malformed: `message id ${delivery.messageId} carries job ${job.key}` };
    }
    return { job };
  } catch (error) {
    return { malformed: String(error) };
  }
}

function subjectOf(job: Job, attempt: number | undefined): Subject {
  const { key, correlationId, causationId } = job;
  return { key, correlationId, causationId, ...(attempt === undefined ? {} : { attempt }) };
}
