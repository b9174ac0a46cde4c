/**
 * Surprises: a job that nobody struck, and that was delivered again, lost or effected twice all the same. Those that the
 * machine explains, with a recorded cause, are the machine's; the rest contradict what was expected of an unstruck job. A
 * handler that fails is a surprise too, unless its job was declared poison: nothing in the cell explains it.
 */
import { crossings, type Evidence, type JobEvidence } from '../evidence.ts';
import type { Breach } from '../judgement.ts';
import { duplicatedKeys, missingKeys, netEffects, whyNotDrained } from '../net-effects.ts';
import type { MachineCause } from './machine.ts';
import { Page } from './page.ts';

export function surpriseBooks(
  evidence: Evidence,
  struck: ReadonlySet<string>,
  causeOf: (job: JobEvidence) => MachineCause | null,
): { readonly machine: Breach[]; readonly surprise: Breach[] } {
  const machine = new Page('machine');
  const surprise = new Page('surprise');
  const caused = new Map<string, MachineCause | null>();
  const told = new Set<string>();
  const tell = (key: string, what: string, ...seqs: readonly (number | undefined)[]): void => {
    if (told.has(`${key} ${what}`)) return; // a second snapshot shows it again
    told.add(`${key} ${what}`);
    const job = evidence.jobs.get(key);
    let cause = caused.get(key);
    if (cause === undefined) {
      cause = job === undefined ? null : causeOf(job);
      caused.set(key, cause);
    }
    if (cause === null) surprise.write(`${key} was not struck, and ${what}`, ...seqs);
    else machine.write(`${key} ${what}: ${cause.says}`, ...seqs, ...cause.seqs);
  };
  for (const job of evidence.jobs.values()) {
    if (struck.has(job.key)) {
      // What the strike did is no surprise; what the machine did to the same job besides disturbs the cell all the same.
      const cause = causeOf(job);
      if (cause !== null) {
        machine.write(`${job.key} was struck and delivered again: ${cause.says}`, ...cause.seqs);
      }
      continue;
    }
    const deliveries = crossings(job, 'deliver');
    const [first, second] = deliveries;
    if (second !== undefined) tell(job.key, 'was delivered again', first?.seq, second.seq);
    else if (first?.redelivered === true) tell(job.key, 'came as a repeat', first.seq);
  }
  for (const { seq, snapshot } of evidence.snapshots) {
    for (const key of duplicatedKeys(snapshot)) {
      if (!struck.has(key)) tell(key, 'was effected twice', seq);
    }
  }
  const last = evidence.snapshots.at(-1);
  if (last !== undefined && whyNotDrained(last.snapshot) === null) {
    const lost = missingKeys(evidence, last.snapshot);
    const effects = lost.length === 0 ? new Map() : netEffects(last.snapshot.ledger);
    for (const key of lost) {
      if (struck.has(key)) continue;
      tell(key, effects.has(key) ? 'had its effect taken back' : 'was lost', last.seq);
    }
  }
  return { machine: machine.breaches, surprise: surprise.breaches };
}
