import type { Finding, History, InvariantId, Snapshot } from '@lab/contract';

import type { CellHistory, Checker } from './cell-history.ts';
import type { Judgement, RunJudgement } from './judgement.ts';

export { accounting, type Accounting, type Tally } from './accounting.ts';
export { splitCells, type CellHistory, type Checker } from './cell-history.ts';
export * from './judgement.ts';

export declare const checkers: Readonly<Partial<Record<InvariantId, Checker>>>;
export declare function checkSafely(
  checker: Checker,
  cell: CellHistory,
  snapshot: Snapshot,
): Finding;
export declare function judgeCell(cell: CellHistory): Judgement;
export declare function judgeRun(history: History): RunJudgement;
export declare function fingerprint(cell: CellHistory): string;
/** The canonical order that `fingerprint` hashes, one line an event, for people. */
export declare function trace(cell: CellHistory): readonly string[];
export declare function wilson(
  successes: number,
  n: number,
  z?: number,
): { readonly low: number; readonly high: number };
