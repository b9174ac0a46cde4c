/**
 * What a bundle's tests stand on: a laboratory over the brokers that were brought up for this test run, and a way
 * to run chosen cells of a bundle's grid and get what the judge says of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CellSpec, Transport } from '@lab/contract';
import {
  openLaboratory,
  planGrid,
  planMutants,
  run,
  type CellPlan,
  type FailureMode,
  type Laboratory,
} from '@lab/harness';
import type { Judgement } from '@lab/invariants';
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
  /** Runs the guards with one clause removed. */
  readonly mutants: (transport: Transport) => Promise<Judgement[]>;
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

  const runPlans = async (
    transport: Transport,
    plans: readonly CellPlan[],
  ): Promise<Judgement[]> => {
    const { judgement } = await run(lab, {
      mode,
      transports: [transport],
      plans,
      seed: 1,
      runsDir,
      command: 'vitest',
    });
    return [...judgement.cells];
  };
  return {
    cells: (transport, pick) =>
      runPlans(
        transport,
        planGrid(mode, transport, 1).filter(({ spec }) => pick(spec)),
      ),
    changed: (transport, pick, change) =>
      runPlans(
        transport,
        planGrid(mode, transport, 1)
          .filter(({ spec }) => pick(spec))
          .map((plan) => change(plan)),
      ),
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
