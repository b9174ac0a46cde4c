/** The checkers by invariant, and the one safe way to call them. */
import type { Finding, InvariantId, Snapshot } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import { unknown } from './finding.ts';
import { effectAtMostOnce } from './inv-001-effect-at-most-once.ts';
import { recoveryRestoresAndRests } from './inv-004-recovery-restores-and-rests.ts';
import { failureHasASignal } from './inv-005-failure-has-a-signal.ts';
import { acceptedWorkIsEffected } from './inv-006-accepted-work-is-effected.ts';
import { workIsBounded } from './inv-009-work-is-bounded.ts';
import { acceptedWorkIsTerminal } from './inv-011-accepted-work-is-terminal.ts';
import { messageInOnePlace } from './inv-012-message-in-one-place.ts';
import { amountsAreThoseOrdered } from './inv-014-amounts-are-those-ordered.ts';

export const checkers: Readonly<Partial<Record<InvariantId, Checker>>> = {
  INV_001: effectAtMostOnce,
  INV_004: recoveryRestoresAndRests,
  INV_005: failureHasASignal,
  INV_006: acceptedWorkIsEffected,
  INV_009: workIsBounded,
  INV_011: acceptedWorkIsTerminal,
  INV_012: messageInOnePlace,
  INV_014: amountsAreThoseOrdered,
};

/** A checker that throws has answered nothing: `unknown`, with what it threw. */
export function checkSafely(checker: Checker, cell: CellHistory, snapshot: Snapshot): Finding {
  try {
    return checker.check(cell, snapshot);
  } catch (error) {
    return unknown(
      checker.id,
      `the checker threw: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
