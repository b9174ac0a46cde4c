/** A server that looks at the deadline: first in, first out, and what nobody waits for any more is dropped. */
import type { ServerRules } from '../policy.ts';

export const dropsExpired: ServerRules = {
  order: 'fifo',
  dropExpired: true,
  codelTargetMs: null,
  codelIntervalMs: 0,
  buffer: 0,
};

/** `expiration` is a whole number of ms, and 0 would mean "only if somebody is free". */
export function wholeTtlMs(ms: number): number {
  return Math.max(1, Math.round(ms));
}
