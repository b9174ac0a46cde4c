/** A cell as it is planned, and what plans of every kind have in common. Pure. */
import type { CellSpec, InvariantId, RoleInGrid, Transport } from '@lab/contract';

import type { FailureMode } from './failure-mode.ts';
import type { JobProgram } from './system-process.ts';

/** A cell to run: its spec for the history, and the settings of its processes. */
export interface CellPlan {
  readonly spec: CellSpec;
  readonly worker: Readonly<Record<string, string>>;
  readonly producer: Readonly<Record<string, string>>;
  /** Files that Node runs in place of the lab's own programs, e.g. a worker that is wrong on purpose. */
  readonly programs?: Partial<Readonly<Record<JobProgram, string>>>;
}

/** `rabbitmq/prevent/ack-lost` */
export function cellId(
  transport: Transport,
  role: RoleInGrid,
  ...suffixes: (string | undefined)[]
): string {
  const parts = [role, ...suffixes].map((part) =>
    part?.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
  );
  return [transport, ...parts].filter(Boolean).join('/');
}

/**
 * Only the named invariants may be violated; all others must hold. Where nothing was recovered INV_004 has nothing
 * to say, and where nothing failed INV_005 has not: they are not asked. Nor is INV_005 of a mutant: it is about the
 * loss being caught, and whether the worker that was cut off complains before or after it is a race.
 */
export function expectations(
  mode: FailureMode,
  role: RoleInGrid,
  fault: string | null,
  violates: readonly InvariantId[],
): CellSpec['expected'] {
  const asked: Partial<Record<InvariantId, boolean>> = {
    INV_004: role === 'recover',
    INV_005: fault !== null && role !== 'mutant',
  };
  const judged = mode.judged.filter((id) => asked[id] ?? true);
  return Object.fromEntries(
    judged.map((id) => {
      if (!violates.includes(id)) return [id, 'holds'];
      return [id, role === 'recover' ? 'restored' : 'violated'];
    }),
  );
}

/** @returns what one of the experiment's named faults is. @throws naming those there are */
export function entryOf<Entry>(faults: Readonly<Record<string, Entry>>, name: string): Entry {
  const entry = faults[name];
  if (entry === undefined) {
    throw new Error(
      `no fault named "${name}"; the experiment has: ${Object.keys(faults).join(', ')}`,
    );
  }
  return entry;
}

/** Which job is struck is the seed's choice; jobs in the middle, so that there is load on both sides. */
export function struckKey(spec: Pick<CellSpec, 'jobs' | 'seed'>): string {
  const quarter = Math.floor(spec.jobs / 4);
  const index = quarter + (Math.abs(spec.seed) % Math.max(1, spec.jobs - 2 * quarter)) + 1;
  return `job-${String(index).padStart(4, '0')}`;
}
