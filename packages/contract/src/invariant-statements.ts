/** The invariants by number. */

/** Statement of every invariant the lab knows. Checkers live in `packages/invariants`. */
export const invariantStatements = {
  INV_001: 'an effect happens at most once per logical job',
  INV_002: "no irreversible partial effect: a job's effects are all there, or none, or compensated",
  INV_003: 'a job moves only along declared state transitions',
  INV_004: 'recovery restores correctness, and running it again changes nothing',
  INV_005: 'every failure has a machine signal: no silent loss, no silent hang',
  INV_006:
    "what was acknowledged is eventually effected or dead-lettered; a dead letter discharges it only for a job declared poison, or whose handler failed as often as its attempts allow: given up for another's crash, a stall count or a SIGTERM is a violation",
  INV_007: 'at most one holder acts; fencing tokens are monotonic at the resource',
  INV_008: 'effects follow per-key order',
  INV_009: 'work is bounded: attempts <= k x unique jobs',
  INV_010: 'in-flight work, memory and queues are bounded',
  INV_011: 'progress: accepted work is terminal within T after the last fault heals',
  INV_012:
    'conservation: each message is in exactly one of ready, in flight, effected, dead-lettered',
  INV_013: 'state and event agree: no orphan state, no phantom event',
  INV_014: 'value is conserved: the ledger sums',
} as const;

export type InvariantId = keyof typeof invariantStatements;

export const invariantIds = Object.keys(invariantStatements) as InvariantId[]; // keys of a const object are exactly these
