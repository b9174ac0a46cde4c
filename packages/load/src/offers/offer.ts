/** What the client does with a job that is due: the same schedule, whoever makes the attempts. */
import type { Journal } from '@lab/contract';
import type { LoadEnvironment, Timings } from '@lab/workload';
import type { Logger } from 'pino';

import type { Settle } from '../window-counts.ts';

export interface Offer {
  /**
   * The load begins.
   * @param settle offers all that has come due by then; to be called before a window's counts are written
   */
  start(startedAtMs: number, settle: Settle): void;
  /** Takes a job that is due; never waits and never throws. Jobs are numbered from 0. */
  offer(job: number, dueAtMs: number): void;
  /** Counting ends: writes the counts that are left, and times what is not over. */
  end(nowMs: number): void;
  /** Closes its connections. */
  close(): Promise<void>;
}

export interface OfferOptions {
  readonly environment: LoadEnvironment;
  readonly journal: Journal;
  readonly log: Logger;
  readonly timings: Timings;
}
