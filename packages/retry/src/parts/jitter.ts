/** Exponential backoff and what chance makes of it. */

export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/** @returns base * 2^(failed attempts - 1), at most the cap, ms. */
export function exponentialMs({ baseMs, capMs }: Backoff, attempt: number): number {
  return Math.min(capMs, baseMs * 2 ** (attempt - 1));
}

/** @param uniform in [0, 1) @returns anything from 0 to the exponential delay, ms. */
export function fullJitterMs(backoff: Backoff, attempt: number, uniform: number): number {
  return uniform * exponentialMs(backoff, attempt);
}
