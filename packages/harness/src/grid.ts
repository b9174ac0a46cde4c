/** From a bundle to its cells: the grid of controls, and what is expected in each. Pure. */
import type { RoleInGrid, Transport } from '@lab/contract';

import { cellId, entryOf, expectations, type CellPlan } from './cell-plan.ts';
import type { Experiment, FailureMode, GuardTrial, StrikeExperiment } from './failure-mode.ts';
import { planLoadGrid, planLoadMutants } from './load/grid.ts';

/**
 * @param seed picks the struck job and the jobs' amounts, or the load's arrivals; the same for all cells of a grid
 * @throws when the bundle has no experiment on that transport
 */
export function planGrid(mode: FailureMode, transport: Transport, seed: number): CellPlan[] {
  const experiment = experimentOf(mode, transport);
  return experiment.kind === 'load'
    ? planLoadGrid({ mode, experiment, transport, seed })
    : planStrikeGrid(mode, experiment, transport, seed);
}

/** The guard with one clause removed, for the bundle's tests. */
export function planMutants(mode: FailureMode, transport: Transport, seed: number): CellPlan[] {
  const experiment = experimentOf(mode, transport);
  if (experiment.kind === 'load') return planLoadMutants({ mode, experiment, transport, seed });
  const plan = planner(mode, experiment, transport, seed);
  return experiment.mutants.map((mutant) =>
    plan('mutant', mutant.guard, mutant.fault, { ...mutant, suffix: mutant.name }),
  );
}

function planStrikeGrid(
  mode: FailureMode,
  experiment: StrikeExperiment,
  transport: Transport,
  seed: number,
): CellPlan[] {
  const plan = planner(mode, experiment, transport, seed);
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

interface Shape extends Partial<Omit<GuardTrial, 'guard' | 'fault' | 'name'>> {
  readonly suffix?: string;
  readonly guardMustAct?: boolean;
}

function planner(
  mode: FailureMode,
  experiment: StrikeExperiment,
  transport: Transport,
  seed: number,
) {
  return (role: RoleInGrid, guard: string, fault: string | null, shape: Shape = {}): CellPlan => {
    return {
      spec: {
        id: cellId(transport, role, shape.suffix),
        transport,
        role,
        guard: role === 'placebo' || role === 'mutant' ? (shape.suffix ?? guard) : guard,
        fault,
        faultPoint: fault === null ? null : entryOf(experiment.faults, fault).point,
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
