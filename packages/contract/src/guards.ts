/**
 * The names under which a worker can be told how to protect its effect. What each one does lives in
 * `packages/worker/src/guards` (placebos in `guards/placebo`); what each one is worth is what the lab measures.
 */

/** `none` is the unguarded baseline; the rest are files in the worker's guards folder. */
export const guardNames = [
  'none',
  /** Claim and effect in one atomic step in the effect's own store. */
  'atomic-claim',
  /** `atomic-claim` with its step split in two. It exists so that tests can see it caught. */
  'split-claim',
  /** Placebo: skip what carries `redelivered`. */
  'trust-redelivered',
  /** Placebo: an in-memory set of seen keys. */
  'memory-set',
  /** Placebo: `GET`, effect, then `SET`. */
  'check-then-act',
] as const;

export type GuardName = (typeof guardNames)[number];
