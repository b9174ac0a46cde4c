/**
 * The normalised trace fingerprint (determinism class D1): equal for two runs of a cell in which the same
 * things happened to the struck job in the same order, whatever the clock, the connection numbers, the
 * delivery tags and the names of the workers.
 *
 * The struck job is the one whose frame was held first, else the one whose frame was lost first. From there
 * on its events form a partial order. Only pairs that something forces are ordered; the rest may race:
 * - frames of one connection and direction: TCP's order;
 * - deliver, effect, the store's answer, settle by one worker: its handler's order;
 * - deliveries by the broker; effects as sent to the store; the store's answers: the order each server gave;
 * - faults on and off: the lab's order.
 * Not ordered, because they race in equal runs: a fault's `on` and the loss it causes or the redelivery it
 * provokes; its `off` and the frames let go; one worker's settle and another's effect.
 * Lease renewals are left out: they come by the clock. The canonical line-up is the smallest by label among
 * those the partial order allows. Workers are called A, B … by first contact with the struck job.
 */
import { createHash } from 'node:crypto';

import type { Snapshot } from '@lab/contract';

import { canonicalOrder, type Item } from './canonical-order.ts';
import type { CellHistory } from './cell-history.ts';
import { crossings, evidenceOf, roleOf, type Evidence, type WireAt } from './evidence.ts';
import { netEffects } from './net-effects.ts';

/** @returns twelve hex digits of the SHA-256 of `trace`. */
export function fingerprint(cell: CellHistory): string {
  return digest(trace(cell));
}

/** @returns twelve hex digits that stand for these lines */
export function digest(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
}

/** @returns what `fingerprint` hashes, one line an event or outcome, for people. */
export function trace(cell: CellHistory): readonly string[] {
  const evidence = evidenceOf(cell);
  const struck = struckKey(evidence);
  const lines = struck === null ? [] : canonicalOrder(itemsOf(evidence, struck));
  return [...lines, ...outcomes(evidence, struck)];
}

function struckKey(evidence: Evidence): string | null {
  const first = (passage: 'held' | 'lost'): WireAt | undefined => {
    let earliest: WireAt | undefined;
    for (const { wire } of evidence.jobs.values()) {
      const event = wire.find((frame) => frame.passage === passage && isTold(frame));
      if (event !== undefined && event.seq < (earliest?.seq ?? Number.POSITIVE_INFINITY)) {
        earliest = event;
      }
    }
    return earliest;
  };
  return (first('held') ?? first('lost'))?.keys?.[0] ?? null;
}

function isTold({ means }: WireAt): boolean {
  return means !== undefined && means !== 'renew';
}

function itemsOf(evidence: Evidence, struck: string): Item[] {
  const wire = evidence.jobs.get(struck)?.wire ?? [];
  const rename = renaming(wire);
  const begin =
    wire.find((event) => event.passage === 'held' && isTold(event))?.seq ??
    wire.find((event) => event.passage === 'lost' && isTold(event))?.seq ??
    0;
  const [first, ...frames] = wire
    .filter((event) => event.seq >= begin)
    .flatMap((event) => wireItem(event, rename) ?? []);
  const faults = evidence.faults
    .filter(({ phase }) => phase === 'on' || phase === 'off')
    .map(({ seq, phase, verb, target }): Item => ({
      seq,
      label: `${phase} ${verb} ${rename(target)}`,
      urgency: phase === 'on' ? 0 : 2, // reads best first and last
      chains: ['faults'],
      after: [],
    }));
  const rest = [...frames, ...faults].toSorted((a, b) => a.seq - b.seq);
  return first === undefined ? rest : [first, ...rest];
}

const handlerOrder = ['deliver', 'effect', 'answer', 'settle'] as const;

function wireItem(event: WireAt, rename: (name: string) => string): Item | undefined {
  const { means, passage, link, connection, direction, seq } = event;
  const path = `${link}#${connection}${direction}`;
  if (passage !== 'crossed') {
    if (!isTold(event)) return undefined;
    return {
      seq,
      label: `${passage} ${means} ${rename(link)}`,
      urgency: 1,
      chains: [path],
      after: [],
    };
  }
  const step = stepOf(event);
  if (step === undefined) return undefined;
  const role = roleOf(event);
  const mark = event.redelivered === true ? ' redelivered' : '';
  return {
    seq,
    label: `${means} ${rename(role)}${mark}`,
    urgency: 1,
    chains: [path, `${role}:${step}`, ...(step === 'settle' ? [] : [`every ${step}`])],
    after: handlerOrder.slice(0, handlerOrder.indexOf(step)).map((earlier) => `${role}:${earlier}`),
  };
}

function stepOf({ means }: WireAt): (typeof handlerOrder)[number] | undefined {
  if (means === 'deliver' || means === 'effect' || means === 'settle') return means;
  if (means === 'effect-applied' || means === 'effect-refused') return 'answer';
  return undefined;
}

/** `worker-2>redis` becomes `worker-A>redis` when worker-2 was the first worker to meet the struck job. */
function renaming(wire: readonly WireAt[]): (name: string) => string {
  const letters = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const event of wire) {
    const role = roleOf(event);
    const kind = /^(.*)-\d+$/.exec(role)?.[1];
    if (kind === undefined || letters.has(role)) continue;
    const index = counts.get(kind) ?? 0;
    counts.set(kind, index + 1);
    letters.set(role, `${kind}-${String.fromCodePoint(65 + index)}`);
  }
  return (name) => {
    const [from = name, ...to] = name.split('>');
    return [letters.get(from) ?? from, ...to].join('>');
  };
}

/** What became of every job: the struck one by itself, the others as counted kinds. */
function outcomes(evidence: Evidence, struck: string | null): string[] {
  const final = evidence.snapshots.at(-1)?.snapshot;
  const outcomeOf = outcomesAt(evidence, final);
  const kinds = new Map<string, number>();
  for (const key of evidence.jobs.keys()) {
    if (key === struck) continue;
    const outcome = outcomeOf(key);
    kinds.set(outcome, (kinds.get(outcome) ?? 0) + 1);
  }
  return [
    ...(struck === null ? [] : [`struck: ${outcomeOf(struck)}`]),
    ...[...kinds].map(([outcome, times]) => `${times} others: ${outcome}`).toSorted(),
  ];
}

function outcomesAt(evidence: Evidence, final: Snapshot | undefined): (key: string) => string {
  const effects = netEffects(final?.ledger ?? []);
  const dead = new Set(final?.dead);
  return (key) => {
    const job = evidence.jobs.get(key);
    const { applied = [], standing = [] } = effects.get(key) ?? {};
    return [
      `deliveries ${job === undefined ? 0 : crossings(job, 'deliver').length}`,
      `effects ${applied.length}`,
      `compensated ${applied.length - standing.length}`,
      ...(dead.has(key) ? ['dead'] : []),
    ].join(' ');
  };
}
