/**
 * Where loads that run side by side wait for one another. Starting a program costs more than running it, so a load that
 * begins while another's programs still start is disturbed by them, and its gates would say so.
 */
import { within } from '@lab/contract';

import { inParallel } from '../in-parallel.ts';

/** One load's place on the line; disposing gives it up, so that nobody waits for a load that will not come. */
export interface Place extends Disposable {
  /** Resolves when every place is ready or given up. @throws the signal's reason when aborted */
  ready(signal: AbortSignal): Promise<void>;
}

const limitMs = 120_000;

/** @returns as many places as loads are to begin together */
export function startLine(count: number): Place[] {
  const everybody = Promise.withResolvers<void>();
  let missing = count;
  return Array.from({ length: count }, () => {
    let counted = false;
    const leave = (): void => {
      if (counted) return;
      counted = true;
      missing -= 1;
      if (missing === 0) everybody.resolve();
    };
    return {
      ready(signal) {
        leave();
        return within('all loads of this run are ready to begin', everybody.promise, {
          limitMs,
          signal,
        });
      },
      [Symbol.dispose]: leave,
    };
  });
}

/**
 * Works on all items at once, each with a place on one start line, which is given up when its work ends, however it ends.
 * An error is thrown when all have ended.
 */
export async function together<T>(
  items: readonly T[],
  work: (item: T, place: Place) => Promise<void>,
): Promise<void> {
  const places = startLine(items.length);
  const lanes = items.flatMap((item, index) => {
    const place = places[index];
    return place === undefined ? [] : [{ item, place }];
  });
  await inParallel(lanes, lanes.length, async ({ item, place }) => {
    try {
      await work(item, place);
    } finally {
      place[Symbol.dispose]();
    }
  });
}
