/**
 * What one load did, window by window: the same shape whether it was read from the history of a run on real brokers
 * or came out of the simulator. Everything said about a load (verdict, amplification, recovery) is a function of it.
 */
import type { LoadCount } from '@lab/contract';

export interface LoadSeries {
  readonly windowMs: number;
  /** One number per window for every count; all columns are equally long. */
  readonly columns: Readonly<Record<LoadCount, readonly number[]>>;
  /** When the trigger was confirmed on and confirmed off, ms since the load's start; null where there was none. */
  readonly triggerOnMs: number | null;
  readonly triggerOffMs: number | null;
}
