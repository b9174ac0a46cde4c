/**
 * What a run is going to do, cell by cell, from a bundle and what was asked for. Pure: `fm check` derives it again from the
 * bundle and compares it with what a history says was planned.
 */
import { createHash } from 'node:crypto';

import {
  ordersOf,
  producerEnvironmentSchema,
  repeatId,
  workerEnvironmentSchema,
  type CellSpec,
  type Transport,
} from '@lab/contract';
import { arrivalsOf } from '@lab/workload';

import { entryOf, struckKey, type CellPlan } from './cell-plan.ts';
import type { FailureMode } from './failure-mode.ts';
import { experimentOf, planGrid } from './grid.ts';

export interface PlanOptions {
  readonly mode: FailureMode;
  readonly transports: readonly Transport[];
  readonly seed: number;
  /** Cells to run, by a test on the spec; all by default. */
  readonly select?: (spec: CellSpec) => boolean;
  /** How often each cell that proves something (reproduce, prevent) is run; seeds count up. */
  readonly repeat?: number;
  /** False: the reproducing fault at random moments instead of at its point. */
  readonly steered?: boolean;
  /** Cells in place of the bundle's grid; for tests that withhold a fault or break a guard. */
  readonly plans?: readonly CellPlan[];
}

/** Roles whose cells prove something each time they are run again. */
const repeatable = new Set(['reproduce', 'prevent']);

/**
 * The cells that a run with these options has, in their order.
 * @throws NoCellSelected when there is none; NothingToSteer when a load is to be run unsteered
 */
export function planCells(options: PlanOptions): CellPlan[] {
  const { mode, seed, transports, repeat = 1, steered = true } = options;
  const loads = transports.filter((transport) => experimentOf(mode, transport).kind === 'load');
  if (!steered && loads.length > 0) throw new NothingToSteer(mode.id, loads);
  const grid = options.plans ?? transports.flatMap((transport) => planGrid(mode, transport, seed));
  const plans = grid
    .filter(({ spec }) => options.select?.(spec) ?? true)
    .filter(({ spec }) => steered || spec.role === 'reproduce')
    .filter(({ spec }) => repeat === 1 || repeatable.has(spec.role));
  if (plans.length === 0) {
    throw new NoCellSelected(grid.map(({ spec }) => spec.id));
  }
  const runs =
    repeat === 1
      ? plans
      : plans.flatMap((plan) => Array.from({ length: repeat }, (_, index) => again(plan, index)));
  return runs.map((plan) => withOrders(mode, plan, steered));
}

/** The SHA-256 of what is planned, as the header of a run has it. */
export function planDigest(specs: readonly CellSpec[]): string {
  return createHash('sha256').update(JSON.stringify(specs)).digest('hex');
}

export class NoCellSelected extends Error {
  override readonly name = 'NoCellSelected';
  constructor(cells: readonly string[]) {
    super(`no cell of the grid was selected; the grid has: ${cells.join(', ')}`);
  }
}

/** A load is struck for seconds, not at one frame: steered and unsteered would be the same run. */
export class NothingToSteer extends Error {
  override readonly name = 'NothingToSteer';
  constructor(mode: string, transports: readonly Transport[]) {
    super(
      `${mode} on ${transports.join(' and ')} is a load: its trigger lasts for seconds and has no fault point to be ` +
        `steered to, so there is nothing to leave unsteered; run it without --unsteered, and with --repeat N to count`,
    );
  }
}

function again(plan: CellPlan, index: number): CellPlan {
  const id = repeatId(plan.spec.id, index + 1);
  const seed = plan.spec.seed + index;
  if (plan.spec.load === undefined) return { ...plan, spec: { ...plan.spec, id, seed } };
  const load = { ...plan.spec.load, seed };
  return { ...plan, spec: { ...plan.spec, id, seed, load, jobs: arrivalsOf(load).length } };
}

/** What its processes are told belongs to the plan as data, so that the judge need not ask them. Of a load nothing is added. */
function withOrders(mode: FailureMode, plan: CellPlan, steered: boolean): CellPlan {
  const { spec } = plan;
  const { jobs, seed, transport } = spec;
  if (spec.load !== undefined) return plan;
  const strikeAt = steered ? strikePoint(mode, plan) : undefined;
  return {
    ...plan,
    spec: {
      ...spec,
      orders: ordersOf(jobs, seed),
      attempts: transport === 'bullmq' ? attemptsOf(plan) : requeuedOnce,
      ...(transport === 'bullmq' && { leaseMs: leaseMsOf(plan) }),
      ...(strikeAt !== undefined && { strikeAt }),
    },
  };
}

/** On RabbitMQ a worker gives a failed job back once, and rejects one that comes redelivered. */
const requeuedOnce = 2;

function attemptsOf({ producer }: CellPlan): number {
  return Number(producer['ATTEMPTS'] ?? producerEnvironmentSchema.entries.ATTEMPTS.default);
}

function leaseMsOf({ worker }: CellPlan): number {
  const { default: byDefault } = workerEnvironmentSchema.entries.LOCK_DURATION_MS;
  return Number(worker['LOCK_DURATION_MS'] ?? byDefault);
}

function strikePoint(mode: FailureMode, { spec, worker }: CellPlan): CellSpec['strikeAt'] {
  const experiment = experimentOf(mode, spec.transport);
  if (spec.fault === null || experiment.kind === 'load') return undefined;
  const { holdAt } = entryOf(experiment.faults, spec.fault);
  const { direction, frame, means } = holdAt.frame(worker['GUARD'] ?? 'none');
  return {
    server: holdAt.server,
    direction,
    ...(frame !== undefined && { frame }),
    ...(means !== undefined && { means }),
    key: struckKey(spec),
  };
}
