/** Total-queue accounting in Jepsen's words. */
import type { Snapshot } from '@lab/contract';

import type { CellHistory } from './cell-history.ts';

export interface Tally {
  /** Occurrences, so that two extra effects of one key count twice. */
  readonly count: number;
  /** Distinct keys in order of first publish. */
  readonly keys: readonly string[];
}

export type Accounting =
  | {
      readonly kind: 'known';
      readonly attempted: Tally;
      readonly acknowledged: Tally;
      readonly ok: Tally;
      readonly lost: Tally;
      readonly unexpected: Tally;
      readonly duplicated: Tally;
      readonly recovered: Tally;
      readonly deadLettered: Tally;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

export function accounting(_cell: CellHistory, _snapshot: Snapshot): Accounting {
  return { kind: 'unknown', reason: 'not built yet' };
}
