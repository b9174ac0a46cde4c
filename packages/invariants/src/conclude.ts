/**
 * From what the books, the findings and the doubts say to a conclusion, in this order:
 *
 * 1. a book without which nothing can be said is broken, or the cell did not complete: inconclusive;
 * 2. the machine disturbed it, with a recorded cause: inconclusive, and the cell may be played again;
 * 3. a violation that was not expected, a surprise without a cause, a breach of the recovery book: contrary, because these
 *    are facts;
 * 4. other doubts: inconclusive.
 *
 * Everything weaker (a hold, an absence) counts only when the experiment took place.
 */
import type { Finding } from '@lab/contract';

import type { BookName, Breach, Conclusion, JudgedInvariant } from './judgement.ts';

/** What was found out about a cell. */
export interface Considered {
  readonly findings: readonly JudgedInvariant[];
  /** In the order in which the books speak. */
  readonly breaches: readonly Breach[];
  /** Why the cell is not whole: it did not complete. */
  readonly incomplete: readonly string[];
  readonly doubts: readonly string[];
  /** What is contrary beside the invariants, a sentence each. */
  readonly otherwise?: readonly string[];
}

export interface Concluded {
  readonly conclusion: Conclusion;
  readonly reasons: string[];
  /** Nothing but the machine was in the way. */
  readonly disturbed: boolean;
}

/** Books whose breach contradicts the expectation by itself. */
const contraryBooks: ReadonlySet<BookName> = new Set(['surprise', 'recovery']);

/** The one place where breaches, findings and doubts become a conclusion. */
export function conclude({
  findings,
  breaches,
  incomplete,
  doubts,
  otherwise = [],
}: Considered): Concluded {
  const broken = breaches.filter(({ book }) => book !== 'machine' && !contraryBooks.has(book));
  const machine = breaches.filter(({ book }) => book === 'machine');
  const unexpected = [
    ...findings.filter(isUnexpectedViolation).map(contradiction),
    ...inWords(breaches.filter(({ book }) => contraryBooks.has(book))),
  ];
  const contrary = [
    ...findings
      .filter((judged) => judged.conclusion === 'contrary' && !isUnexpectedViolation(judged))
      .map(contradiction),
    ...otherwise,
  ];
  const open = findings
    .filter((judged) => judged.conclusion === 'inconclusive' && !doubts.includes(reasonOf(judged)))
    .map((judged) => `${judged.invariant} is unknown: ${reasonOf(judged)}`);
  const weaker = [...doubts, ...contrary, ...open];

  if (broken.length > 0 || incomplete.length > 0) {
    const first = [...incomplete, ...inWords(broken), ...inWords(machine)];
    return concluded('inconclusive', [...first, ...unexpected, ...weaker]);
  }
  if (machine.length > 0) {
    const reasons = [...inWords(machine), ...unexpected, ...weaker];
    return { ...concluded('inconclusive', reasons), disturbed: true };
  }
  if (unexpected.length > 0) {
    return concluded('contrary', [...unexpected, ...contrary, ...doubts, ...open]);
  }
  if (doubts.length > 0) return concluded('inconclusive', weaker);
  if (contrary.length > 0) return concluded('contrary', [...contrary, ...open]);
  return concluded(open.length > 0 ? 'inconclusive' : 'as expected', open);
}

/** A reason that two places give is given once. */
function concluded(conclusion: Conclusion, reasons: readonly string[]): Concluded {
  return { conclusion, reasons: [...new Set(reasons)], disturbed: false };
}

/** The first few of each book; the judgement has them all. */
function inWords(breaches: readonly Breach[]): string[] {
  return [...Map.groupBy(breaches, ({ book }) => book)].flatMap(([book, ofBook]) => {
    const more = ofBook.length - mostOfABook;
    return [
      ...ofBook.slice(0, mostOfABook).map(({ says }) => `${book}: ${says}`),
      ...(more > 0 ? [`${book}: and more of the kind`] : []),
    ];
  });
}

const mostOfABook = 3;

/** Of one invariant that was expected to hold or to be violated. */
export function concludeState(finding: Finding, wanted: 'holds' | 'violated'): Conclusion {
  if (finding.state === 'unknown') return 'inconclusive';
  return finding.state === wanted ? 'as expected' : 'contrary';
}

/** Of one that was expected to be violated before recovery and to hold after it. */
export function concludeRestored(before: Finding, after: Finding): Conclusion {
  if (after.state === 'violated' || before.state === 'holds') return 'contrary';
  return before.state === 'unknown' || after.state === 'unknown' ? 'inconclusive' : 'as expected';
}

function isUnexpectedViolation({ expected, conclusion, finding }: JudgedInvariant): boolean {
  return conclusion === 'contrary' && finding.state === 'violated' && expected !== 'violated';
}

function contradiction({ invariant, expected, finding, before }: JudgedInvariant): string {
  if (expected === 'violated') return `${invariant} holds, but was expected to be violated`;
  if (expected === 'restored' && before?.state === 'holds') {
    return `${invariant} held before recovery, but was expected to be violated there`;
  }
  const where = expected === 'restored' ? ' after recovery' : '';
  const story = finding.state === 'violated' ? `: ${finding.witnesses[0]?.story}` : '';
  return `${invariant} is violated${where}, but was expected to ${expected === 'restored' ? 'be restored' : 'hold'}${story}`;
}

function reasonOf({ finding, before }: JudgedInvariant): string {
  if (before?.state === 'unknown') return before.reason;
  return finding.state === 'unknown' ? finding.reason : 'no reason given';
}
