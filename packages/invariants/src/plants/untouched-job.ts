/**
 * A job that no strike touched: its whole life on the wire lies before the first thing that was done for one, or after the
 * last, and it was an ordinary one. What is planted in it can be nobody's doing.
 */
import type { LedgerEntry, Meaning } from '@lab/contract';

import type { CellHistory } from '../cell-history.ts';
import { evidenceOf, type JobEvidence, type WireAt } from '../evidence.ts';
import { netEffects, type KeyEffects } from '../net-effects.ts';

export interface UntouchedJob {
  readonly key: string;
  readonly effect: WireAt;
  readonly applied: WireAt;
  readonly settle: WireAt;
  /** BullMQ only. */
  readonly reply: WireAt | undefined;
  /** Its one entry in the ledger. */
  readonly entry: LedgerEntry;
}

/** @returns the first there is, or null */
export function untouchedJob(cell: CellHistory): UntouchedJob | null {
  const evidence = evidenceOf(cell);
  const last = evidence.snapshots.at(-1)?.snapshot;
  if (last === undefined) return null;
  const [from, until] = strikeOf(cell);
  const dead = new Set(last.dead);
  const effects = netEffects(last.ledger);
  for (const job of evidence.jobs.values()) {
    const [first, final] = [job.wire[0], job.wire.at(-1)];
    if (first === undefined || final === undefined || dead.has(job.key)) continue;
    if (final.seq >= from && first.seq <= until) continue;
    const ordinary = ordinaryLife(job, effects.get(job.key));
    if (ordinary !== null) return ordinary;
  }
  return null;
}

/** From the first frame that was held or the first word of a fault to the last word of one; nothing lies between where there was none. */
function strikeOf({ events }: CellHistory): [from: number, until: number] {
  let from = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    const { kind, seq } = event;
    const strikes =
      kind === 'fault' || kind === 'probe' || (kind === 'wire' && event.passage !== 'crossed');
    if (!strikes) continue;
    from = Math.min(from, seq);
    until = seq;
  }
  return [from, until];
}

function ordinaryLife(job: JobEvidence, effects: KeyEffects | undefined): UntouchedJob | null {
  const [entry, ...more] = effects?.applied ?? [];
  const once = onlyOnce(job);
  if (entry === undefined || more.length > 0 || effects?.standing.length !== 1) return null;
  const { publish, confirm, deliver, effect, 'effect-applied': applied, settle } = once;
  if (publish === null || confirm === null || deliver === null) return null;
  if (effect === null || applied === null || settle === null) return null;
  if (deliver.redelivered === true || !settle.keys?.every((key) => key === job.key)) return null;
  if (job.said.some(({ phase }) => phase === 'fail' || phase === 'info')) return null;
  const reply = job.wire.find(({ means }) => means === 'settle-reply');
  return { key: job.key, effect, applied, settle, reply, entry };
}

const lifeOfAJob = ['publish', 'confirm', 'deliver', 'effect', 'effect-applied', 'settle'] as const;
const incidents: ReadonlySet<Meaning> = new Set(['refuse', 'requeue', 'reject', 'effect-refused']);

/** The one frame of each meaning; null where there is none or more than one, or where anything went otherwise. */
function onlyOnce({ wire }: JobEvidence): Record<(typeof lifeOfAJob)[number], WireAt | null> {
  const eventful = wire.some(
    ({ means, passage }) => passage !== 'crossed' || (means !== undefined && incidents.has(means)),
  );
  const frames = lifeOfAJob.map((meaning) => {
    const [frame, again] = wire.filter(({ means }) => means === meaning);
    return [meaning, eventful || again !== undefined ? null : (frame ?? null)] as const;
  });
  return Object.fromEntries(frames) as Record<(typeof lifeOfAJob)[number], WireAt | null>; // one for each of them
}
