export { accounting, type Accounting, type Tally } from './accounting.ts';
export { splitCells, type CellHistory, type Checker } from './cell-history.ts';
export { checkers, checkSafely } from './checkers.ts';
export { wasDisturbed } from './discarded-runs.ts';
export { fingerprint, trace } from './fingerprint.ts';
export { judgeCell } from './judge-cell.ts';
export { judgeRun } from './judge-run.ts';
export type * from './judgement.ts';
export { bookNames } from './judgement.ts';
