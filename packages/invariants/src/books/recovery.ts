/**
 * What recovery did, entry by entry. Each surplus effect is compensated exactly once with its amount negated, so that each
 * job comes to what a single effect of what was ordered would have given; nothing else is appended; both runs end with
 * exit code 0, and the second one changes nothing.
 */
import type { CellSpec, LedgerEntry, Snapshot } from '@lab/contract';

import { seqOf, type Evidence } from '../evidence.ts';
import { recoverySnapshots, snapshotNamed } from '../inv-004-recovery-restores-and-rests.ts';
import type { Breach } from '../judgement.ts';
import { netEffects } from '../net-effects.ts';
import { Page } from './page.ts';

export function recoveryBook(spec: CellSpec, evidence: Evidence): Breach[] {
  const page = new Page('recovery');
  const { recoveries } = evidence;
  const before = snapshotNamed(evidence, recoverySnapshots.before);
  const after = snapshotNamed(evidence, recoverySnapshots.after);
  const second = snapshotNamed(evidence, recoverySnapshots.second);
  for (const { round, exitCode, seq } of recoveries) {
    if (exitCode !== 0)
      page.write(`run ${round} of recovery ended with exit code ${exitCode}`, seq);
  }
  if (before === undefined || after === undefined) return page.breaches;
  const appended = after.ledger.slice(before.ledger.length);
  const at = seqOf(evidence, after);
  surplusTakenBack(before, appended, at, page);
  sumsAsOrdered(spec, after, at, page);
  const said = recoveries.find(({ round }) => round === 1);
  if (said !== undefined && said.repairs !== appended.length) {
    page.write(
      `the first run of recovery says ${said.repairs} repairs and appended ${appended.length} entries`,
      said.seq,
      at,
    );
  }
  if (second !== undefined) {
    const more = second.ledger.length - after.ledger.length;
    if (more !== 0) {
      page.write(`the second run of recovery appended ${more} entries`, seqOf(evidence, second));
    }
    const again = recoveries.find(({ round }) => round === 2);
    if (again !== undefined && again.repairs !== 0) {
      page.write(`the second run of recovery says ${again.repairs} repairs`, again.seq);
    }
  }
  return page.breaches;
}

function surplusTakenBack(
  before: Snapshot,
  appended: readonly LedgerEntry[],
  seq: number | undefined,
  page: Page,
): void {
  const effects = netEffects(before.ledger);
  const standing = new Map<string, LedgerEntry>();
  for (const key of effects.values()) {
    if (key.standing.length > 1) for (const entry of key.standing) standing.set(entry.entry, entry);
  }
  const takenBack = new Map<string, number>();
  for (const entry of appended) {
    const effect = standing.get(entry.compensates ?? '');
    if (entry.kind !== 'compensation' || effect === undefined) {
      page.write(
        `recovery appended ${entry.kind === 'effect' ? 'an effect' : 'a compensation'} of ${entry.key} that repairs nothing`,
        seq,
      );
      continue;
    }
    const again = takenBack.get(effect.entry) ?? 0;
    takenBack.set(effect.entry, again + 1);
    if (again > 0) page.write(`recovery took an effect of ${effect.key} back twice`, seq);
    if (entry.key !== effect.key) {
      page.write(`recovery took an effect of ${effect.key} back under ${entry.key}`, seq);
    }
    if (entry.amount !== -effect.amount) {
      page.write(`recovery took ${effect.amount} of ${effect.key} back with ${entry.amount}`, seq);
    }
  }
  for (const { key, standing: stands } of effects.values()) {
    if (stands.length < 2) continue;
    const left = stands.filter(({ entry }) => !takenBack.has(entry)).length;
    if (left !== 1) page.write(`recovery left ${left} effects of ${key} standing`, seq);
  }
}

function sumsAsOrdered(
  { orders = [] }: CellSpec,
  { ledger }: Snapshot,
  seq: number | undefined,
  page: Page,
): void {
  const sums = new Map<string, number>();
  for (const { key, amount } of ledger) sums.set(key, (sums.get(key) ?? 0) + amount);
  for (const { key, amount } of orders) {
    const sum = sums.get(key);
    if (sum === undefined || sum === amount) continue; // a job without any effect is not recovery's to repair
    page.write(`after recovery ${key} comes to ${sum}, and ${amount} was ordered`, seq);
  }
}
