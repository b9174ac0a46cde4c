/**
 * Effects as the final state shows them. An effect stands until a later entry compensates it; a
 * compensation takes back one entry once, and one that refers to nothing takes back nothing.
 */
import type { LedgerEntry, Snapshot } from '@lab/contract';

import { acceptedKeys, type Evidence } from './evidence.ts';

export interface KeyEffects {
  readonly key: string;
  /** Every effect ever applied, oldest first. */
  readonly applied: readonly LedgerEntry[];
  /** Those that no compensation took back. */
  readonly standing: readonly LedgerEntry[];
}

const known = new WeakMap<readonly LedgerEntry[], ReadonlyMap<string, KeyEffects>>();

/** @returns the effects of every key in the ledger, in the ledger's order; asking again for the same ledger costs nothing. */
export function netEffects(ledger: readonly LedgerEntry[]): ReadonlyMap<string, KeyEffects> {
  const before = known.get(ledger);
  if (before !== undefined) return before;
  const effects = collect(ledger);
  known.set(ledger, effects);
  return effects;
}

function collect(ledger: readonly LedgerEntry[]): Map<string, KeyEffects> {
  const takenBack = new Set<string>();
  for (const { compensates } of ledger) if (compensates !== undefined) takenBack.add(compensates);

  const byKey = new Map<string, { key: string; applied: LedgerEntry[]; standing: LedgerEntry[] }>();
  for (const entry of ledger) {
    if (entry.kind !== 'effect') continue;
    const stands = !takenBack.has(entry.entry);
    const effects = byKey.get(entry.key);
    if (effects === undefined) {
      // Most keys have one effect: an array made with its entry is as long as that, one pushed to is not.
      byKey.set(entry.key, { key: entry.key, applied: [entry], standing: stands ? [entry] : [] });
      continue;
    }
    effects.applied.push(entry);
    if (stands) effects.standing.push(entry);
  }
  return byKey;
}

/** Keys whose effect stands more than once. */
export function duplicatedKeys(snapshot: Snapshot): string[] {
  return [...netEffects(snapshot.ledger).values()]
    .filter(({ standing }) => standing.length > 1)
    .map(({ key }) => key);
}

/** Accepted keys with no standing effect that are not dead-lettered either. */
export function missingKeys(evidence: Evidence, snapshot: Snapshot): string[] {
  const effects = netEffects(snapshot.ledger);
  const dead = new Set(snapshot.dead);
  return acceptedKeys(evidence).filter(
    (key) => !dead.has(key) && (effects.get(key)?.standing.length ?? 0) === 0,
  );
}

/**
 * @returns why absence proves nothing in this snapshot, or null when the queue was drained and empty, so
 * that what has not happened by now never will.
 */
export function whyNotDrained(snapshot: Snapshot): string | null {
  const { drained, ready, unacknowledged, name } = snapshot;
  if (name === noSnapshot.name) return 'no snapshot of the final state was taken';
  if (drained && ready === 0 && unacknowledged === 0) return null;
  return `the queue was not drained at snapshot "${name}": ${ready} ready, ${unacknowledged} unacknowledged`;
}

/** Stands in where a cell broke off before anybody looked; it answers nothing. */
export const noSnapshot: Snapshot = {
  name: 'none',
  drained: false,
  ready: 0,
  unacknowledged: 0,
  dead: [],
  ledger: [],
};
