/**
 * From findings and doubts to a conclusion. A violation that was not expected is contrary whatever else went wrong,
 * because it is a fact. Everything weaker (a hold, an absence) counts only when the experiment took place.
 */
import type { Finding } from '@lab/contract';

import type { Conclusion, JudgedInvariant } from './judgement.ts';

/**
 * The one place where findings and doubts become a conclusion.
 * @param otherwise what is contrary beside the invariants, a sentence each
 */
export function conclude(
  findings: readonly JudgedInvariant[],
  doubts: readonly string[],
  otherwise: readonly string[] = [],
): { conclusion: Conclusion; reasons: string[] } {
  const broken = findings.filter(isUnexpectedViolation).map(contradiction);
  const contrary = [
    ...findings
      .filter((judged) => judged.conclusion === 'contrary' && !isUnexpectedViolation(judged))
      .map(contradiction),
    ...otherwise,
  ];
  const open = findings
    .filter((judged) => judged.conclusion === 'inconclusive' && !doubts.includes(reasonOf(judged)))
    .map((judged) => `${judged.invariant} is unknown: ${reasonOf(judged)}`);
  if (broken.length > 0) {
    return { conclusion: 'contrary', reasons: [...broken, ...contrary, ...doubts, ...open] };
  }
  if (doubts.length > 0) {
    return { conclusion: 'inconclusive', reasons: [...doubts, ...contrary, ...open] };
  }
  if (contrary.length > 0) return { conclusion: 'contrary', reasons: [...contrary, ...open] };
  return { conclusion: open.length > 0 ? 'inconclusive' : 'as expected', reasons: open };
}

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
