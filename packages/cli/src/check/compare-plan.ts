/**
 * Whether the cells of a history are those that the bundle has: the plan is derived again, from what the header says was
 * asked for, and held against the header and against every cell. Pure. It finds a bundle that has changed since, accidents
 * and partial edits; it is no proof against somebody who writes a whole history anew.
 */
import { isDeepStrictEqual } from 'node:util';

import {
  cellOfRun,
  firstRunId,
  type CellSpec,
  type History,
  type RunHeader,
  type Transport,
} from '@lab/contract';
import { NoCellSelected, planCells, planDigest, type FailureMode } from '@lab/harness';

/** @returns a sentence for each thing that differs, naming cell and field */
export function comparePlan(header: RunHeader, history: History, mode: FailureMode): string[] {
  const { plan } = header;
  if (plan === undefined) {
    return [
      'the history does not say what was planned, so its cells could not be held against a plan',
    ];
  }
  const derived = new Map(derive(header, plan.cells, mode).map((spec) => [spec.id, spec]));
  const recorded = startsOf(history);
  const differences = [
    ...plan.cells
      .filter((id) => !derived.has(id))
      .map((id) => `${id}: was planned, and the bundle has no such cell`),
    ...recorded.flatMap(({ cell, spec }) => compareCell(cell, spec, derived)),
    ...plan.cells
      .filter((id) => !recorded.some(({ spec }) => spec.id === id))
      .map((id) => `${id}: was planned, and is not in the history`),
    ...twice(recorded.map(({ spec }) => spec.id)).map((id) => `${id}: is in the history twice`),
    ...(header.planned === plan.cells.length
      ? []
      : [
          `the header names ${plan.cells.length} cells and says that ${header.planned} were planned`,
        ]),
  ];
  const isSame = planDigest([...derived.values()]) === plan.sha256;
  if (differences.length > 0 || isSame) return differences;
  return ['the digest of what was planned is not that of what the bundle plans now'];
}

/** What the bundle plans now for what was asked for then. */
function derive(
  { seed, steered }: RunHeader,
  ids: readonly string[],
  mode: FailureMode,
): CellSpec[] {
  const asked = new Set(ids.map((id) => cellOfRun(id)));
  const transports = (Object.keys(mode.experiments) as Transport[]).filter((transport) =>
    // keys of a Partial<Record<Transport, …>>
    ids.some((id) => id.startsWith(`${transport}/`)),
  );
  const repeat = Math.max(1, ...ids.map((id) => Number(/#(\d+)/.exec(id)?.[1] ?? 1)));
  try {
    return planCells({
      mode,
      transports,
      seed,
      steered,
      repeat,
      select: ({ id }) => asked.has(id),
    }).map(({ spec }) => asStored(spec));
  } catch (error) {
    if (error instanceof NoCellSelected) return [];
    throw error;
  }
}

function compareCell(
  cell: string,
  spec: CellSpec,
  derived: ReadonlyMap<string, CellSpec>,
): string[] {
  if (cell !== spec.id) return [`${cell}: its spec is that of ${spec.id}`];
  const { rerunOf, ...recorded } = spec;
  const planned = derived.get(firstRunId(spec.id));
  if (planned === undefined) return [`${cell}: is in the history, and was not planned`];
  const id = rerunOf === undefined ? planned.id : spec.id;
  const fields = Object.keys({ ...planned, ...recorded }) as (keyof typeof recorded)[]; // keys of both
  return fields
    .filter((field) => !isDeepStrictEqual(recorded[field], { ...planned, id }[field]))
    .map(
      (field) =>
        `${cell}: ${field} is ${shown(recorded[field])} in the history, ${shown(planned[field])} in the bundle`,
    );
}

interface CellStart {
  readonly cell: string;
  readonly spec: CellSpec;
}

function startsOf(history: History): CellStart[] {
  return history.flatMap((event) =>
    event.kind === 'cell' && event.phase === 'start'
      ? [{ cell: event.cell, spec: event.spec }]
      : [],
  );
}

/** As it comes back from a file: without fields that are not there. */
function asStored(spec: CellSpec): CellSpec {
  return JSON.parse(JSON.stringify(spec)) as CellSpec; // it was one, and is data only
}

function shown(value: unknown): string {
  const text = value === undefined ? 'not there' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

function twice(ids: readonly string[]): string[] {
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
}
