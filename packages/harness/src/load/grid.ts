/** From a bundle's loads to its cells: the same grid of controls, with policies where a struck job has guards. Pure. */
import type { InvariantId, LoadSetting, RoleInGrid, Transport } from '@lab/contract';
import { arrivalsOf } from '@lab/workload';

import { cellId, entryOf, expectations, type CellPlan } from '../cell-plan.ts';
import type { FailureMode, LoadExperiment } from '../failure-mode.ts';

export interface LoadGridOptions {
  readonly mode: FailureMode;
  readonly experiment: LoadExperiment;
  readonly transport: Transport;
  readonly seed: number;
}

export function planLoadGrid(options: LoadGridOptions): CellPlan[] {
  const { controls, placebos, prevent, recover, reproduce } = options.experiment;
  const { policy, fault, violates } = reproduce;
  const guards = new Map(prevent.map((prevention) => [prevention.policy, prevention.change]));
  return [
    planOf(options, { role: 'control', policy, fault: null }),
    ...controls.map((control) =>
      planOf(options, { ...control, role: 'control', suffixes: [control.policy] }),
    ),
    planOf(options, { role: 'reproduce', policy, fault, violates }),
    ...placebos.map((placebo) =>
      planOf(options, { ...placebo, role: 'placebo', suffixes: [placebo.name] }),
    ),
    ...prevent.map((prevention) =>
      planOf(options, {
        ...prevention,
        role: 'prevent',
        suffixes: [prevention.policy, prevention.fault],
      }),
    ),
    ...Array.from(guards, ([guard, change]) =>
      planOf(options, {
        role: 'guard control',
        policy: guard,
        fault: null,
        suffixes: [guard],
        ...(change === undefined ? {} : { change }),
      }),
    ),
    planOf(options, {
      role: 'recover',
      policy,
      fault,
      violates,
      change: { ...recover, watchLimitMs: null }, // what is done to it decides how long it is watched
    }),
  ];
}

export function planLoadMutants(options: LoadGridOptions): CellPlan[] {
  return options.experiment.mutants.map((mutant) =>
    planOf(options, { ...mutant, role: 'mutant', suffixes: [mutant.name] }),
  );
}

interface Shape {
  readonly role: RoleInGrid;
  readonly policy: string;
  /** Shown instead of the policy's name. */
  readonly name?: string;
  readonly fault: string | null;
  readonly violates?: readonly InvariantId[];
  readonly guardMustAct?: boolean;
  readonly because?: string;
  readonly change?: Partial<LoadExperiment['setting']>;
  readonly suffixes?: readonly string[];
}

function planOf({ mode, experiment, transport, seed }: LoadGridOptions, shape: Shape): CellPlan {
  const { role, policy, fault, because, guardMustAct = false, violates = [] } = shape;
  const found = fault === null ? null : entryOf(experiment.faults, fault);
  const load: LoadSetting = {
    ...experiment.setting,
    ...shape.change,
    policy,
    seed,
    transport,
    trigger: found === null ? 'none' : found.trigger,
  };
  return {
    spec: {
      id: cellId(transport, role, ...(shape.suffixes ?? [])),
      transport,
      role,
      guard: shape.name ?? policy,
      fault,
      faultPoint: found === null ? null : found.point,
      expected: expectations(mode, role, fault, violates),
      guardMustAct,
      jobs: arrivalsOf(load).length,
      seed,
      livenessLimitMs: experiment.livenessLimitMs,
      workLimit: experiment.workLimit,
      load,
      ...(because === undefined ? {} : { because }),
    },
    worker: {},
    producer: {},
  };
}
