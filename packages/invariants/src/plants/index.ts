/**
 * Planted faults: that an invariant held says something only if the judge would have seen it broken. So for each invariant
 * that a transport's cells name, in the first cell in which it was expected to hold and held, one corruption is planted and
 * the whole cell is judged again. The invariant must come out violated, the job in which it was planted must be its witness,
 * and the books must say nothing but what the corruption itself makes them say.
 */
import type { CellSpec, InvariantId, Transport } from '@lab/contract';

import type { CellHistory } from '../cell-history.ts';
import type { BookName, Judgement, Planted } from '../judgement.ts';
import { aSecondEffect } from './inv-001-a-second-effect.ts';
import { aRepairTooMany } from './inv-004-a-repair-too-many.ts';
import { aSilentLoss } from './inv-005-006-a-silent-loss.ts';
import { aJobThatStays } from './inv-011-a-job-that-stays.ts';
import { aMessageInTwoPlaces } from './inv-012-a-message-in-two-places.ts';
import { anotherAmount } from './inv-014-another-amount.ts';
import { answersThatCameTooLate, attemptsWithoutEnd } from './loads.ts';
import type { Plant, Planting } from './plant.ts';

type Plants = Readonly<Partial<Record<InvariantId, Plant>>>;

export const plantsOfStrikes: Plants = {
  INV_001: aSecondEffect,
  INV_004: aRepairTooMany,
  INV_005: aSilentLoss,
  INV_006: aSilentLoss,
  INV_011: aJobThatStays,
  INV_012: aMessageInTwoPlaces,
  INV_014: anotherAmount,
};

export const plantsOfLoads: Plants = {
  INV_004: attemptsWithoutEnd,
  INV_009: attemptsWithoutEnd,
  INV_011: answersThatCameTooLate,
};

/** A cell of more events is not planted in: it would be copied and judged again as often as it has invariants. */
const mostEvents = 100_000;

/** A cell and what was said of it. */
export interface JudgedCell {
  readonly cell: CellHistory;
  readonly judgement: Judgement;
}

/** @param judge judges a cell as those given were judged */
export function plantAndJudge(
  cells: readonly JudgedCell[],
  judge: (cell: CellHistory) => Judgement,
): Planted {
  let found = 0;
  const missed: Planted['missed'][number][] = [];
  const nowhere: Planted['nowhere'][number][] = [];
  for (const { transport, invariant } of namedBy(cells)) {
    const held = cells.filter(
      ({ judgement }) => judgement.spec.transport === transport && holdsIn(judgement, invariant),
    );
    const [first] = held;
    if (first === undefined) {
      nowhere.push({ invariant, transport });
      continue;
    }
    const bed = firstBed(held, invariant);
    const why =
      'none' in bed ? bed.none : whyNotFound(judge(bed.planting.cell), bed.planting, invariant);
    const cell = ('none' in bed ? first : bed.in).judgement.spec.id;
    if (why === null) found += 1;
    else missed.push({ invariant, transport, cell, why });
  }
  return { planted: found + missed.length, found, missed, nowhere };
}

/** Each invariant that some cell of a transport names, in order. */
function namedBy(
  cells: readonly JudgedCell[],
): { readonly transport: Transport; readonly invariant: InvariantId }[] {
  const named = new Map<Transport, Set<InvariantId>>();
  for (const { judgement } of cells) {
    const { transport } = judgement.spec;
    const invariants = named.get(transport) ?? new Set();
    for (const { invariant } of judgement.findings) invariants.add(invariant);
    named.set(transport, invariants);
  }
  return [...named].flatMap(([transport, invariants]) =>
    [...invariants].toSorted().map((invariant) => ({ transport, invariant })),
  );
}

/** True of a cell that stands, in which the invariant was expected to hold and held. Recovery is asked of INV_004 alone. */
function holdsIn({ spec, conclusion, findings }: Judgement, invariant: InvariantId): boolean {
  if (conclusion !== 'as expected') return false;
  if (spec.role === 'recover' && invariant !== 'INV_004') return false;
  return findings.some(
    (judged) =>
      judged.invariant === invariant &&
      judged.expected === 'holds' &&
      judged.finding.state === 'holds',
  );
}

type Bed = { readonly in: JudgedCell; readonly planting: Planting } | { readonly none: string };

/** The first of these cells in which it can be planted. */
function firstBed(held: readonly JudgedCell[], invariant: InvariantId): Bed {
  let none = 'the strike left no ordinary job alone in which it could be planted';
  for (const judged of held) {
    const { cell } = judged;
    const plant = plantFor(cell.spec, invariant);
    if (plant === undefined) {
      none = 'the lab knows no corruption that breaks it';
      continue;
    }
    if (cell.events.length > mostEvents) {
      none = `a cell of more than ${mostEvents} events is not planted in`;
      continue;
    }
    const planting = plant(cell);
    if (planting !== null) return { in: judged, planting };
  }
  return { none };
}

function plantFor({ load }: CellSpec, invariant: InvariantId): Plant | undefined {
  return (load === undefined ? plantsOfStrikes : plantsOfLoads)[invariant];
}

/** These may speak of what is planted: it is a surprise, and a recovery that did it did wrong. */
const mayTell: ReadonlySet<BookName> = new Set(['surprise', 'recovery']);

/** @returns null when the judge saw what was planted, and that alone */
function whyNotFound(
  { findings, breaches, load }: Judgement,
  { key, says = () => false }: Planting,
  invariant: InvariantId,
): string | null {
  const finding = findings.find((judged) => judged.invariant === invariant)?.finding;
  if (finding?.state !== 'violated') {
    return `it was broken for ${key}, and the judge says ${finding?.state ?? 'nothing'}`;
  }
  if (!finding.witnesses.some((witness) => witness.key === key)) {
    return `it was broken for ${key}, and the witness is ${finding.witnesses[0]?.key ?? 'nobody'}`;
  }
  const stray = breaches.find((breach) => !mayTell.has(breach.book) && !says(breach));
  if (stray !== undefined)
    return `the book "${stray.book}" speaks of something else: ${stray.says}`;
  const gate = load?.gates.find(({ passed }) => !passed);
  return gate === undefined ? null : `a gate is not passed with it: ${gate.rule}`;
}
