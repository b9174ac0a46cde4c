/** The judge's books and the order in which they speak: on an honest run none of them says anything, so tests must. */
import { ran, type Edit, type Mutant } from '../mutant.ts';
import { of } from './of.ts';

const folder = 'packages/invariants/src';
const index = `${folder}/books/index.ts`;
const conclude = `${folder}/conclude.ts`;
const judgeCell = `${folder}/judge-cell.ts`;
const judgeRun = `${folder}/judge-run.ts`;
const machine = `${folder}/books/machine.ts`;

/** A book in which nothing is ever written. */
function closed(book: string, find: string): { name: string; says: string; edit: Edit } {
  return {
    name: `${book}-book-stays-shut`,
    says: `The ${book} book never says anything.`,
    edit: { file: index, find: `    ...${find},`, replace: `    ...(${ran} ? [] : ${find}),` },
  };
}

export const books: readonly Mutant[] = [
  ...of(`${folder}/books/books.test.ts`, [
    {
      ...closed('publish', 'publishBook(spec, evidence, explanations)'),
      test: 'the publish book says what was ordered and not published, and the other way round',
    },
    {
      ...closed('ledger', 'ledgerBook(evidence, explanations)'),
      test: 'the ledger book says an entry that no tap saw, and one that was answered and is not there',
    },
    {
      ...closed('delivery', 'deliveryBook(spec, evidence, explanations)'),
      test: 'the delivery book says a delivery without a settle',
    },
    {
      ...closed('process', 'processBook(evidence, explanations)'),
      test: 'the process book says who ended by itself',
    },
    {
      ...closed('strike', 'strikeBook(spec, evidence, struck, judged.findings)'),
      test: 'the strike book says when what is violated is not what was struck',
    },
    {
      ...closed('carrier', 'carrierBook(evidence, judged.faults)'),
      test: 'the carrier book says when a cut lets a round trip through, and when a heal does not',
    },
    {
      ...closed('server', 'serverBook(evidence)'),
      test: 'the server book says who is gone, and when nobody asked',
    },
    {
      ...closed('surprise', 'surprise'),
      test: 'surprises are repeats, losses and doubles of jobs that nobody struck',
    },
    {
      ...closed('recovery', 'recoveryBook(spec, evidence)'),
      test: 'the recovery book says a compensation with its sign wrong, and one that comes twice',
    },
    {
      name: 'held-frame-counts-as-traffic',
      says: 'A frame that the tap itself held shows that a fault met traffic.',
      edit: {
        file: `${folder}/fault-records.ts`,
        find: `        (passage === 'lost' && seq > first.seq) ||`,
        replace: `        (passage !== 'crossed' && ${ran}) ||`,
      },
      test: 'takes neither a frame that the tap held nor a connection that the lab ended for traffic',
    },
    {
      name: 'what-is-struck-is-one-job',
      says: 'A strike touches the job that was held and no other that the role had in hand.',
      edit: {
        file: `${folder}/books/struck.ts`,
        find: `  if (spans.length === 0) return struck;`,
        replace: `  if (spans.length === 0 || ${ran}) return struck;`,
      },
      test: 'are none of what a struck role had in hand: at prefetch 10 all of it comes back',
    },
  ]),
  ...of(`${folder}/books/record.test.ts`, [
    {
      ...closed('record', 'recordBook(cell, evidence)'),
      test: 'every line is missed when it is gone, even when the rest is numbered again',
    },
  ]),
  ...of(`${folder}/books/machine.test.ts`, [
    {
      name: 'blocked-loop-is-excused',
      says: 'The CPU time that a program used itself does not count against it.',
      edit: {
        file: machine,
        find: `  if (delayMs < loss.slackMs || cpuMs >= loss.slackMs) return null;`,
        replace: `  if (delayMs < loss.slackMs || (cpuMs >= loss.slackMs && !${ran})) return null;`,
      },
      test: 'is never excused of a program that blocks its loop: the CPU time is its own',
    },
    {
      name: 'synchronous-sleep-is-excused',
      says: 'A lease that ran out is the machine’s doing although nothing was withheld.',
      edit: {
        file: machine,
        find: `  if (delayMs < loss.slackMs || cpuMs >= loss.slackMs) return null;`,
        replace: `  if (cpuMs >= loss.slackMs || !${ran}) return null;`,
      },
      test: 'is never excused of a program that sleeps synchronously: nothing was withheld from it',
    },
    {
      name: 'machine-book-stays-shut',
      says: 'Nothing is ever the machine’s doing.',
      edit: { file: index, find: `    ...machine,`, replace: `    ...(${ran} ? [] : machine),` },
      test: "is the machine's when the lab's own timer was late by half the lease within the window",
    },
  ]),
  ...of(`${folder}/conclude.test.ts`, [
    {
      name: 'accusation-before-the-books',
      says: 'A violation that was not expected accuses although a book is broken.',
      edit: {
        file: conclude,
        find: `  if (broken.length > 0 || incomplete.length > 0) {`,
        replace: `  if (!(unexpected.length > 0 && ${ran}) && (broken.length > 0 || incomplete.length > 0)) {`,
      },
      test: 'accuses nobody while a book is broken, or the cell incomplete',
    },
    {
      name: 'surprise-is-only-a-doubt',
      says: 'A surprise without a cause contradicts nothing.',
      edit: {
        file: conclude,
        find: `    ...inWords(breaches.filter(({ book }) => contraryBooks.has(book))),`,
        replace: `    ...inWords(${ran} ? [] : breaches),`,
      },
      test: 'lets each book speak in its order',
    },
    {
      name: 'unknown-after-recovery-is-restored',
      says: 'What is unknown after recovery counts as restored.',
      edit: {
        file: conclude,
        find: `  return before.state === 'unknown' || after.state === 'unknown' ? 'inconclusive' : 'as expected';`,
        replace: `  return before.state === 'unknown' && ${ran} ? 'inconclusive' : 'as expected';`,
      },
      test: 'what was restored',
    },
    {
      name: 'no-traffic-is-no-doubt-once-healed',
      says: 'A fault of a load that met no traffic raises no doubt, if it was healed.',
      edit: {
        file: `${folder}/doubts.ts`,
        find: `      ...(metTraffic ? [] : [\`"\${label}" met no traffic\`]),`,
        replace: `      ...(metTraffic || (healed && ${ran}) ? [] : [\`"\${label}" met no traffic\`]),`,
      },
      test: 'a fault of a load that met no traffic is doubted, healed or not',
    },
  ]),
  ...of(`${folder}/judge-run.test.ts`, [
    {
      name: 'unknown-snapshot-is-passed-over',
      says: 'Of several snapshots, one that does not know decides nothing.',
      edit: {
        file: judgeCell,
        find: `    findings.find(({ state }) => state === 'unknown') ??`,
        replace: `    findings.find(({ state }) => state === 'holds' && ${ran}) ??`,
      },
      test: 'asks every snapshot where something is to hold, and lets one that does not know decide',
    },
    {
      name: 'undrained-state-is-no-doubt',
      says: 'A final state that was not drained raises no doubt.',
      edit: {
        file: judgeCell,
        find: `  return notDrained === null ? [] : [notDrained];`,
        replace: `  return notDrained === null || ${ran} ? [] : [notDrained];`,
      },
      test: 'doubts a final state that was not drained, whatever the checkers say',
    },
    {
      name: 'grid-needs-no-controls',
      says: 'A grid without its controls proves a failure mode.',
      edit: {
        file: judgeRun,
        find: `  const open = worst === 'inconclusive' || missing.length > 0 || planted.missed.length > 0;`,
        replace: `  const open = worst === 'inconclusive' || (missing.length > 0 && !${ran}) || planted.missed.length > 0;`,
      },
      test: 'proves nothing from a grid without its controls',
    },
  ]),
  ...of(`${folder}/plants/plants.test.ts`, [
    {
      name: 'missed-plants-do-not-count',
      says: 'A run is proven although a planted fault was not found.',
      edit: {
        file: judgeRun,
        find: `  const open = worst === 'inconclusive' || missing.length > 0 || planted.missed.length > 0;`,
        replace: `  const open = worst === 'inconclusive' || missing.length > 0 || (planted.missed.length > 0 && !${ran});`,
      },
      test: 'makes a run inconclusive whose every cell is as expected, because INV_004 always holds',
    },
    {
      name: 'plant-may-have-any-witness',
      says: 'A planted fault counts as found whoever the witness is.',
      edit: {
        file: `${folder}/plants/index.ts`,
        find: `  if (!finding.witnesses.some((witness) => witness.key === key)) {`,
        replace: `  if (!${ran}) {`,
      },
      test: 'is missed where the witness is somebody else',
    },
  ]),
  ...of(`${folder}/discarded-runs.test.ts`, [
    {
      name: 'contrary-run-is-discarded',
      says: 'A run that came out contrary is set aside once the cell is played again.',
      edit: {
        file: `${folder}/discarded-runs.ts`,
        find: `    if (earlier !== undefined && wasDisturbed(earlier)) reruns`,
        replace: `    if (earlier !== undefined && (wasDisturbed(earlier) || ${ran})) reruns`,
      },
      test: 'another run does not stand in for one that was contrary',
    },
  ]),
];
