/**
 * What a bundle's tests stand on: a laboratory over the brokers that were brought up for this test run, and a way
 * to run chosen cells of a bundle's grid and get what the judge says of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { firstRunId, type CellSpec, type Snapshot, type Transport } from '@lab/contract';
import {
  openLaboratory,
  planGrid,
  planMutants,
  run,
  type CellPlan,
  type FailureMode,
  type Laboratory,
  type RunResult,
} from '@lab/harness';
import type { Judgement, RunJudgement } from '@lab/invariants';
import { afterAll, beforeAll, inject } from 'vitest';

export interface BundleTest {
  /** Runs the cells of the grid that the test picks. */
  readonly cells: (transport: Transport, pick: (spec: CellSpec) => boolean) => Promise<Judgement[]>;
  /** Runs one cell with something about it changed: a fault withheld, another guard. */
  readonly changed: (
    transport: Transport,
    pick: (spec: CellSpec) => boolean,
    change: (plan: CellPlan) => CellPlan,
  ) => Promise<Judgement[]>;
  /** Runs cells that the test makes out of the grid's. @returns them by their ids */
  readonly made: (
    transport: Transport,
    make: (grid: readonly CellPlan[]) => readonly CellPlan[],
  ) => Promise<ReadonlyMap<string, PlayedCell>>;
  /** Runs the whole grid on every transport, with something about each cell changed, to a verdict. */
  readonly whole: (change: (plan: CellPlan) => CellPlan) => Promise<RunJudgement>;
  /** Runs the guards with one clause removed. */
  readonly mutants: (transport: Transport) => Promise<Judgement[]>;
}

/** A cell with what the lab read of its final state. */
export interface PlayedCell {
  readonly judgement: Judgement;
  readonly snapshots: readonly Snapshot[];
}

/** Call it at the top of a test file. */
export function bundleTest(mode: FailureMode): BundleTest {
  let lab: Laboratory;
  let runsDir: string;
  beforeAll(async () => {
    runsDir = mkdtempSync(join(tmpdir(), 'reliability-lab-test-')); // here, so that a file whose tests are all left out makes none
    lab = await openLaboratory({
      runtime: 'attached',
      attach: {
        rabbitmq: inject('rabbitmqUrl'),
        management: inject('managementUrl'),
        redis: inject('redisUrl'),
        toxiproxy: inject('toxiproxyUrl'),
      },
    });
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    rmSync(runsDir, { recursive: true, force: true });
  });

  const play = (
    transports: readonly Transport[],
    plans: readonly CellPlan[],
  ): Promise<Pick<RunResult, 'judgement' | 'history'>> =>
    run(lab, { mode, transports, plans, seed: 1, runsDir, command: 'vitest' });
  const gridOn = (transport: Transport): CellPlan[] => planGrid(mode, transport, 1);
  const runPlans = async (
    transport: Transport,
    plans: readonly CellPlan[],
  ): Promise<Judgement[]> => [...(await play([transport], plans)).judgement.cells];
  return {
    cells: (transport, pick) =>
      runPlans(
        transport,
        gridOn(transport).filter(({ spec }) => pick(spec)),
      ),
    changed: (transport, pick, change) =>
      runPlans(
        transport,
        gridOn(transport)
          .filter(({ spec }) => pick(spec))
          .map((plan) => change(plan)),
      ),
    made: async (transport, make) => {
      const { judgement, history } = await play([transport], make(gridOn(transport)));
      const played = judgement.cells.map((cell): [string, PlayedCell] => [
        firstRunId(cell.spec.id), // the machine may have had it played again
        {
          judgement: cell,
          snapshots: history.flatMap((event) =>
            event.kind === 'snapshot' && event.cell === cell.spec.id ? [event.snapshot] : [],
          ),
        },
      ]);
      return new Map(played);
    },
    whole: async (change) => {
      const on = Object.keys(mode.experiments) as Transport[]; // keyed by transport
      const plans = on.flatMap((transport) => gridOn(transport).map((plan) => change(plan)));
      return (await play(on, plans)).judgement;
    },
    mutants: (transport) => runPlans(transport, planMutants(mode, transport, 1)),
  };
}

/** The plan without its fault: everything else stays. */
export function withoutFault({ spec, ...plan }: CellPlan): CellPlan {
  const { load } = spec;
  const withheld = { ...spec, fault: null, faultPoint: null };
  if (load === undefined) return { ...plan, spec: withheld };
  return { ...plan, spec: { ...withheld, load: { ...load, trigger: 'none' } } };
}

/** Invariants found violated, in order of their numbers. */
export function violated(judgement: Judgement): string[] {
  return judgement.findings
    .filter(({ finding }) => finding.state === 'violated')
    .map(({ invariant }) => invariant)
    .toSorted();
}
