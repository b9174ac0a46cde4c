/** Whether every job was effected exactly once: the ledger against what was put into the queue. Pure. */
import type { LedgerEntry } from '@lab/contract';

import type { BenchJob } from './fill-queue.ts';

export interface Delivery {
  readonly jobs: number;
  readonly effects: number;
  readonly missing: number;
  readonly repeated: number;
  /** Effects of jobs that nobody asked for, or of another amount. */
  readonly wrong: number;
  /** Messages still in the queue, or given up, when the worker had ended. */
  readonly leftOver: number;
  readonly exact: boolean;
}

export function deliveredExactly(
  jobs: readonly BenchJob[],
  ledger: readonly Pick<LedgerEntry, 'key' | 'amount'>[],
  leftOver: number,
): Delivery {
  const amounts = new Map(jobs.map(({ key, amount }) => [key, amount]));
  const times = new Map<string, number>();
  let wrong = 0;
  for (const { key, amount } of ledger) {
    if (amounts.get(key) !== amount) wrong += 1;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  const missing = jobs.filter(({ key }) => !times.has(key)).length;
  const repeated = [...times.values()].filter((count) => count > 1).length;
  return {
    jobs: jobs.length,
    effects: ledger.length,
    missing,
    repeated,
    wrong,
    leftOver,
    exact: missing + repeated + wrong + leftOver === 0,
  };
}
