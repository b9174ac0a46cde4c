/**
 * Where the ledger differs from what was accepted. Pure and linear: the same two lists, the same answer.
 *
 *   accepted  job-1 job-2 job-3          ledger  job-1 job-2 job-2 job-9
 *   duplicated  job-2 (keep the first effect, take back the second)
 *   missing     job-3                    unexpected  job-9
 */
import type { Job, LedgerEntry } from '@lab/contract';

/** One key with more than one standing effect. */
interface Duplicate {
  readonly key: string;
  /** The first effect; it stays. */
  readonly kept: LedgerEntry;
  /** The later ones, to be taken back. Never empty. */
  readonly surplus: readonly LedgerEntry[];
}

export interface Divergence {
  readonly duplicated: readonly Duplicate[];
  /** Accepted, and no effect stands. */
  readonly missing: readonly Job[];
  /** Effects of jobs never accepted, and compensations that take nothing back. */
  readonly unexpected: readonly LedgerEntry[];
}

/** @param ledger oldest first. */
export function findDivergence(
  accepted: readonly Job[],
  ledger: readonly LedgerEntry[],
): Divergence {
  const jobs = new Map(accepted.map((job) => [job.key as string, job]));
  const { standing, idle } = settleAccounts(ledger);
  const effects = Map.groupBy(standing, (entry) => entry.key);

  const duplicated: Duplicate[] = [];
  const unexpected: LedgerEntry[] = [...idle];
  for (const [key, [kept, ...surplus]] of effects) {
    if (kept === undefined) continue; // a group has at least one member
    if (surplus.length > 0) duplicated.push({ key, kept, surplus });
    if (!jobs.has(key)) unexpected.push(kept);
  }
  return {
    duplicated,
    missing: [...jobs.values()].filter((job) => !effects.has(job.key)),
    unexpected,
  };
}

export function isConsistent(divergence: Divergence): boolean {
  const { duplicated, missing, unexpected } = divergence;
  return duplicated.length === 0 && missing.length === 0 && unexpected.length === 0;
}

/** The entry that takes `effect` back. */
export function compensationOf(effect: LedgerEntry, entry: string, by: string): LedgerEntry {
  return {
    entry,
    key: effect.key,
    kind: 'compensation',
    amount: -effect.amount,
    by,
    compensates: effect.entry,
  };
}

/** Effects nobody took back, and compensations that took back nothing (unknown entry, or one taken back before). */
function settleAccounts(ledger: readonly LedgerEntry[]): {
  standing: readonly LedgerEntry[];
  idle: readonly LedgerEntry[];
} {
  const standing = new Map<string, LedgerEntry>();
  const idle: LedgerEntry[] = [];
  for (const entry of ledger) {
    if (entry.kind === 'effect') standing.set(entry.entry, entry);
    else if (!standing.delete(entry.compensates ?? '')) idle.push(entry);
  }
  return { standing: [...standing.values()], idle };
}
