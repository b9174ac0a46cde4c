/**
 * The plan of a run: which cells, in which blocks, in which order. Pure, so that it can be printed, counted and tested
 * before a broker is started.
 *
 * A block is one seed's worth of one question. All of its cells are offered the same jobs (common random numbers), stand
 * in a seeded random order, and two of them are controls: a load that nothing troubles, and one that never tries again.
 */
import { loadMsOf } from '@lab/contract';
import type { Study } from '@lab/storm';
import { streamOf } from '@lab/workload';

import type { PlannedLoad } from './planned-load.ts';

export interface PlannedCell {
  /** `policies/immediate/s3`: unique within the run, fit for a file's name. */
  readonly id: string;
  readonly study: Study;
  readonly block: number;
  readonly role: CellRole;
  /** Nothing else may run meanwhile: its trigger strikes a broker that all share. */
  readonly alone: boolean;
  readonly load: PlannedLoad;
}

/**
 * `no-retry`: the same trouble without retries, which must pass; else the block says nothing.
 * `null-trigger`: the same policy without trouble.
 */
type CellRole = 'subject' | 'no-retry' | 'null-trigger';

/** A block before it has its place in the plan. */
export interface BlockDraft {
  readonly study: Study;
  readonly seed: number;
  readonly cells: readonly CellDraft[];
}

export interface CellDraft {
  /** What tells it from the block's others: `immediate`, `immediate rho=0.25`. */
  readonly name: string;
  readonly role: CellRole;
  readonly load: PlannedLoad;
}

export interface Plan {
  readonly cells: readonly PlannedCell[];
  readonly blocks: number;
  /** One load for each calibration that is needed. */
  readonly calibrations: readonly PlannedLoad[];
}

/** Numbers the blocks and puts each one's cells in an order that depends on its seed. */
export function assemble(drafts: readonly BlockDraft[]): Plan {
  const cells = drafts.flatMap((draft, block) =>
    shuffled(draft.cells, streamOf(draft.seed, `order of block ${block}`)).map(
      (cell): PlannedCell => ({
        id: `${draft.study}/${cell.name.replaceAll(/[^\w.]+/g, '-')}/s${draft.seed}`,
        study: draft.study,
        block,
        role: cell.role,
        alone: cell.load.trigger === 'restart',
        load: { ...cell.load, seed: draft.seed },
      }),
    ),
  );
  const ids = new Set<string>();
  for (const { id } of cells) {
    if (ids.has(id)) throw new Error(`two cells of the plan are called ${id}`);
    ids.add(id);
  }
  return { cells, blocks: drafts.length, calibrations: calibrationsFor(cells) };
}

/** What a capacity depends on: cells of one name share a calibration. */
export function calibrationName({
  topology,
  transport,
  slots,
  serviceMs,
}: Pick<PlannedLoad, 'topology' | 'transport' | 'slots' | 'serviceMs'>): string {
  return `${topology} on ${transport}, ${slots} x ${serviceMs} ms`;
}

/** `layers` is offered next to nothing and its work is a write: it has no capacity that a figure would rest on. */
export function needsCalibration({ topology }: Pick<PlannedLoad, 'topology'>): boolean {
  return topology !== 'layers';
}

function calibrationsFor(cells: readonly PlannedCell[]): PlannedLoad[] {
  const byName = new Map(
    cells
      .filter(({ load }) => needsCalibration(load))
      .map(({ load }) => [calibrationName(load), load]),
  );
  return [...byName.values()];
}

/** What starting and clearing up a cell takes beside its load, ms: as seen on two cores with eight side by side. */
const overheadMs = 2000;
/** One calibration with its start and end, ms. */
const calibrationMs = 10_000;

/** How long the plan takes, ms, that many side by side. An estimate, printed as one. */
export function estimateMs({ cells, calibrations }: Plan, sideBySide: number): number {
  return calibrations.length * calibrationMs + remainingMs(cells, sideBySide);
}

/** How long cells that have not begun take, ms. */
export function remainingMs(cells: readonly PlannedCell[], sideBySide: number): number {
  let together = 0;
  let longest = 0;
  let alone = 0;
  for (const cell of cells) {
    const ms = loadMsOf(cell.load) + overheadMs;
    if (cell.alone) alone += ms;
    else together += ms;
    if (!cell.alone) longest = Math.max(longest, ms);
  }
  return Math.max(longest, together / sideBySide) + alone;
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return order;
}
