/** From a bundle to its cells: the grid of controls, and what is expected in each. Pure. */
import type { CellSpec, InvariantId, RoleInGrid, Transport } from '@lab/contract';

import type { Experiment, FailureMode, GuardTrial } from './failure-mode.ts';

/** A cell to run: its spec for the history, and the settings of its processes. */
export interface CellPlan {
  readonly spec: CellSpec;
  readonly worker: Readonly<Record<string, string>>;
  readonly producer: Readonly<Record<string, string>>;
}

/**
 * @param seed picks the struck job and the jobs' amounts; the same for all cells of a grid
 * @throws when the bundle has no experiment on that transport
 */
export function planGrid(mode: FailureMode, transport: Transport, seed: number): CellPlan[] {
  const { experiment, plan } = planner(mode, transport, seed);
  return [
    plan('control', 'none', null),
    plan('reproduce', 'none', experiment.reproduce.fault, {
      violates: experiment.reproduce.violates,
    }),
    ...experiment.placebos.map((placebo) =>
      plan('placebo', placebo.guard, placebo.fault, { ...placebo, suffix: placebo.name }),
    ),
    ...experiment.prevent.map((prevention) =>
      plan('prevent', experiment.guard, prevention.fault, {
        ...prevention,
        suffix: prevention.fault,
      }),
    ),
    plan('guard control', experiment.guard, null),
    plan('recover', 'none', experiment.reproduce.fault, {
      violates: experiment.reproduce.violates,
    }),
  ];
}

/** The guard with one clause removed, for the bundle's tests. */
export function planMutants(mode: FailureMode, transport: Transport, seed: number): CellPlan[] {
  const { experiment, plan } = planner(mode, transport, seed);
  return experiment.mutants.map((mutant) =>
    plan('mutant', mutant.guard, mutant.fault, { ...mutant, suffix: mutant.name }),
  );
}

interface Shape extends Partial<Omit<GuardTrial, 'guard' | 'fault' | 'name'>> {
  readonly suffix?: string;
  readonly guardMustAct?: boolean;
}

function planner(mode: FailureMode, transport: Transport, seed: number) {
  const experiment = experimentOf(mode, transport);
  const plan = (
    role: RoleInGrid,
    guard: string,
    fault: string | null,
    shape: Shape = {},
  ): CellPlan => {
    const slug = role.replaceAll(' ', '-');
    const suffix = shape.suffix?.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    return {
      spec: {
        id: [transport, slug, suffix].filter(Boolean).join('/'),
        transport,
        role,
        guard: role === 'placebo' || role === 'mutant' ? (shape.suffix ?? guard) : guard,
        fault,
        faultPoint: fault === null ? null : faultOf(experiment, fault).point,
        expected: expectations(mode, role, fault, shape.violates ?? []),
        guardMustAct: shape.guardMustAct ?? false,
        jobs: experiment.jobs,
        seed,
        livenessLimitMs: experiment.livenessLimitMs,
        ...(shape.because === undefined ? {} : { because: shape.because }),
      },
      worker: { ...experiment.worker, ...shape.worker, GUARD: guard },
      producer: { ...shape.producer },
    };
  };
  return { experiment, plan };
}

/**
 * Only the named invariants may be violated; all others must hold. Where nothing was recovered INV_004 has nothing
 * to say, and where nothing failed INV_005 has not: they are not asked. Nor is INV_005 of a mutant: it is about the
 * loss being caught, and whether the worker that was cut off complains before or after it is a race.
 */
function expectations(
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

export function experimentOf(mode: FailureMode, transport: Transport): Experiment {
  const experiment = mode.experiments[transport];
  if (experiment === undefined) {
    throw new Error(
      `${mode.id} has no experiment on ${transport}; it has: ${Object.keys(mode.experiments).join(', ')}`,
    );
  }
  return experiment;
}

export function faultOf(experiment: Experiment, name: string): Experiment['faults'][string] {
  const script = experiment.faults[name];
  if (script === undefined) {
    throw new Error(
      `no fault named "${name}"; the experiment has: ${Object.keys(experiment.faults).join(', ')}`,
    );
  }
  return script;
}
