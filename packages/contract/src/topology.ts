/** Names of queues and keys that producer, worker, reconciler and observer agree on. */
import * as v from 'valibot';

export const transports = ['rabbitmq', 'bullmq'] as const;
export type Transport = (typeof transports)[number];

/** The queue that carries jobs, and the one that takes what cannot be handled. */
export interface QueueNames {
  readonly jobs: string;
  readonly dead: string;
}

export const queueNames: QueueNames = { jobs: 'jobs', dead: 'jobs.dead' };

/** `classic` for a single node; `quorum` where the broker replicates. */
export const queueTypes = ['classic', 'quorum'] as const;
export type QueueType = (typeof queueTypes)[number];

/** How one queue is declared. Everybody who declares it must say the same, or the broker refuses with 406. */
export interface QueueDeclaration {
  readonly name: string;
  readonly options: {
    readonly durable: true;
    readonly arguments: Readonly<Record<string, string>>;
  };
}

/**
 * The AMQP topology as data, in the order in which it must be declared: the dead-letter queue first, so that
 * nothing can be dead-lettered into the void. Dead letters go through the default exchange, by queue name.
 */
export function queueDeclarations(type: QueueType): readonly QueueDeclaration[] {
  return [
    { name: queueNames.dead, options: { durable: true, arguments: { 'x-queue-type': type } } },
    {
      name: queueNames.jobs,
      options: {
        durable: true,
        arguments: {
          'x-queue-type': type,
          'x-dead-letter-exchange': '',
          'x-dead-letter-routing-key': queueNames.dead,
        },
      },
    },
  ];
}

/** Redis keys under one prefix. The braces keep them in one slot, so that one script may touch all. */
export interface StoreKeys {
  /** List of JSON ledger entries, oldest first: the effects themselves. */
  readonly ledger: string;
  /** Hash of job key -> id of the ledger entry that claimed it: the unique commit record. */
  readonly claims: string;
  /** List of JSON accepted jobs that the producer saw confirmed; what the reconciler compares with. */
  readonly accepted: string;
  /** Hash of ledger entry id -> id of the entry that took it back: the unique commit record of a compensation. */
  readonly compensations: string;
  /** Lock that keeps two recoveries apart; holds the fencing token of its holder. */
  readonly recoveryLock: string;
  /** Counter behind the fencing tokens; only ever grows. */
  readonly recoveryFence: string;
  /** Prefix for BullMQ's own keys. */
  readonly bullmq: string;
}

/** @param prefix the key space of one cell, without braces, e.g. `fm001-x1:reproduce`. */
export function storeKeys(prefix: string): StoreKeys {
  const tag = `{${prefix}}`;
  return {
    ledger: `${tag}:ledger`,
    claims: `${tag}:claims`,
    accepted: `${tag}:accepted`,
    compensations: `${tag}:compensations`,
    recoveryLock: `${tag}:recovery-lock`,
    recoveryFence: `${tag}:recovery-fence`,
    bullmq: `${tag}:bull`,
  };
}

/**
 * One line of the ledger. An effect adds `amount`; a compensation takes back exactly one earlier entry.
 * Entries are only ever appended.
 */
export const ledgerEntrySchema = v.strictObject({
  entry: v.pipe(v.string(), v.nonEmpty()),
  key: v.pipe(v.string(), v.nonEmpty()),
  kind: v.picklist(['effect', 'compensation']),
  amount: v.pipe(v.number(), v.integer()),
  by: v.pipe(v.string(), v.nonEmpty()),
  /** For a compensation: the `entry` it takes back. */
  compensates: v.optional(v.string()),
});

export type LedgerEntry = v.InferOutput<typeof ledgerEntrySchema>;

/**
 * Reads one line of the ledger.
 * @throws SyntaxError or ValiError when it is not an entry
 */
export function parseLedgerEntry(line: string): LedgerEntry {
  return v.parse(ledgerEntrySchema, JSON.parse(line));
}
