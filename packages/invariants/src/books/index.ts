/**
 * All books of a strike's cell. In the order in which they speak: first those without which nothing can be said at all,
 * then the machine, then what contradicts the expectation by itself.
 */
import type { CellHistory } from '../cell-history.ts';
import { evidenceOf } from '../evidence.ts';
import {
  bookNames,
  type BookName,
  type Breach,
  type FaultRecord,
  type JudgedInvariant,
} from '../judgement.ts';
import { carrierBook } from './carrier.ts';
import { deliveryBook } from './delivery.ts';
import { explanationsOf } from './explanations.ts';
import { ledgerBook } from './ledger.ts';
import { machineCauseOf } from './machine.ts';
import { processBook } from './process.ts';
import { publishBook } from './publish.ts';
import { recordBook } from './record.ts';
import { recoveryBook } from './recovery.ts';
import { serverBook } from './server.ts';
import { strikeBook } from './strike.ts';
import { struckJobs } from './struck.ts';
import { surpriseBooks } from './surprise.ts';

/** @returns every breach, in the order in which the books speak. */
export function openBooks(
  cell: CellHistory,
  judged: {
    readonly faults: readonly FaultRecord[];
    readonly findings: readonly JudgedInvariant[];
  },
): Breach[] {
  const { spec } = cell;
  const evidence = evidenceOf(cell);
  const explanations = explanationsOf(evidence);
  const { spans } = explanations;
  const struck = struckJobs(spec, evidence, spans);
  const { machine, surprise } = surpriseBooks(evidence, struck, (job) =>
    machineCauseOf(job, spec, evidence, spans),
  );
  const breaches = [
    ...recordBook(cell, evidence),
    ...publishBook(spec, evidence, explanations),
    ...ledgerBook(evidence, explanations),
    ...deliveryBook(spec, evidence, explanations),
    ...processBook(evidence, explanations),
    ...strikeBook(spec, evidence, struck, judged.findings),
    ...carrierBook(evidence, judged.faults),
    ...serverBook(evidence),
    ...machine,
    ...surprise,
    ...recoveryBook(spec, evidence),
  ];
  return breaches.toSorted((a, b) => place(a.book) - place(b.book)); // stable: within a book as found
}

function place(book: BookName): number {
  return bookNames.indexOf(book);
}

export { doubtsAboutExits } from './process.ts';
export { runBook } from './run.ts';
export { goneServers } from './server.ts';
