import type { CellSpec, History, RunHeader } from '@lab/contract';
import {
  defineFailureMode,
  planCells,
  planDigest,
  type FailureMode,
  type FaultScript,
  type StrikeExperiment,
} from '@lab/harness';
import { describe, expect, test } from 'vitest';

import { comparePlan } from './compare-plan.ts';

const script: FaultScript = {
  point: 'before the ack',
  holdAt: { server: 'redis', frame: () => ({ direction: 'up', means: 'effect' }) },
  fault: () => {
    throw new Error('not struck here');
  },
  lastsMs: 1,
  strike: () => Promise.resolve(),
};

const placebo = (name: string) =>
  ({ name, guard: 'none', fault: 'lost', violates: ['INV_001'], because: name }) as const;

const experiment: StrikeExperiment = {
  kind: 'strike',
  jobs: 8,
  livenessLimitMs: 1000,
  faults: { lost: script },
  reproduce: { fault: 'lost', violates: ['INV_001'] },
  placebos: [placebo('one'), placebo('two')],
  guard: 'atomic-claim',
  prevent: [{ fault: 'lost', guardMustAct: true, because: 'yes' }],
  mutants: [],
};

const mode = defineFailureMode({
  id: 'FM_999_example',
  title: 'Example',
  summary: 'Example.',
  breaks: 'INV_001',
  judged: ['INV_001'],
  determinism: 'D1',
  experiments: { rabbitmq: experiment, bullmq: experiment },
});

interface Stored {
  readonly header: RunHeader;
  /** What the cells say of themselves, by the cell in which it stands. */
  readonly cells: Map<string, CellSpec>;
}

/** A run as a lab stores it; only the plan, the seed and the specs are looked at. */
function stored(options: Partial<Parameters<typeof planCells>[0]> = {}): Stored {
  const plans = planCells({ mode, transports: ['rabbitmq', 'bullmq'], seed: 7, ...options });
  const specs = plans.map(({ spec }) => spec);
  const plan = { cells: specs.map(({ id }) => id), sha256: planDigest(specs) };
  const header = { seed: 7, steered: options.steered ?? true, planned: specs.length, plan };
  return {
    header: header as unknown as RunHeader,
    cells: new Map(specs.map((spec) => [spec.id, structuredClone(spec)])),
  };
}

function compare({ header, cells }: Stored, bundle: FailureMode = mode): string[] {
  const history: History = Array.from(cells, ([cell, spec], seq) => ({
    kind: 'cell',
    phase: 'start',
    spec,
    cell,
    seq,
    t: seq,
    source: 'lab',
  }));
  return comparePlan(header, history, bundle);
}

/** The run with the spec of one cell changed, as an editor would. */
function edited(id: string, change: Partial<CellSpec>): Stored {
  const run = stored();
  const spec = run.cells.get(id);
  if (spec === undefined) throw new Error(`no cell ${id}`);
  run.cells.set(id, { ...spec, ...change });
  return run;
}

describe('what the bundle plans is what was planned', () => {
  test('of a whole grid', () => {
    expect(compare(stored())).toEqual([]);
  });

  test('of one transport, of chosen cells, of repeated ones and of an unsteered run', () => {
    expect(compare(stored({ transports: ['bullmq'] }))).toEqual([]);
    expect(compare(stored({ select: ({ id }) => id.includes('placebo/one') }))).toEqual([]);
    expect(compare(stored({ repeat: 3 }))).toEqual([]);
    expect(compare(stored({ steered: false, repeat: 2 }))).toEqual([]);
  });

  test('with a cell that was played again', () => {
    const run = stored();
    const spec = run.cells.get('bullmq/prevent/lost');
    if (spec === undefined) throw new Error('no such cell');
    const rerun = { ...spec, id: 'bullmq/prevent/lost@2', rerunOf: spec.id };
    run.cells.set(rerun.id, rerun);
    expect(compare(run)).toEqual([]);
    run.cells.set(rerun.id, { ...rerun, guardMustAct: false });
    expect(compare(run)).toEqual([
      'bullmq/prevent/lost@2: guardMustAct is false in the history, true in the bundle',
    ]);
  });
});

describe('a history that was edited', () => {
  test.each<[string, Partial<CellSpec>, RegExp]>([
    ['an emptied expected', { expected: {} }, /: expected is \{\} in the history, \{"INV_001":/],
    [
      'a guard that need not act',
      { guardMustAct: false },
      /: guardMustAct is false in the history/,
    ],
    [
      'other amounts ordered',
      { orders: [{ key: 'job-0001', amount: 999 }] },
      /: orders is \[\{"key":"job-0001","amount":999\}\] in the history/,
    ],
    ['fewer attempts', { attempts: 1 }, /: attempts is 1 in the history, 2 in the bundle/],
    [
      'a field that is not there',
      { strikeAt: undefined },
      /: strikeAt is not there in the history/,
    ],
  ])('with %s is told by cell and field', (_what, change, sentence) => {
    const differences = compare(edited('rabbitmq/prevent/lost', change));
    expect(differences).toEqual([expect.stringMatching(sentence)]);
    expect(differences[0]).toMatch(/^rabbitmq\/prevent\/lost: /);
  });

  test('with two placebos swapped is told', () => {
    const run = stored();
    const [one, two] = ['rabbitmq/placebo/one', 'rabbitmq/placebo/two'];
    const specs = [run.cells.get(one), run.cells.get(two)] as [CellSpec, CellSpec]; // both are in the grid
    run.cells.set(one, specs[1]).set(two, specs[0]);
    expect(compare(run)).toEqual(
      expect.arrayContaining([
        `${one}: its spec is that of ${two}`,
        `${two}: its spec is that of ${one}`,
      ]),
    );
    run.cells.set(one, { ...specs[1], id: one }).set(two, { ...specs[0], id: two });
    expect(compare(run)).toContain(
      'rabbitmq/placebo/one: guard is "two" in the history, "one" in the bundle',
    );
  });

  test('with a cell removed is told, and with a whole transport', () => {
    const run = stored();
    run.cells.delete('bullmq/control');
    expect(compare(run)).toEqual(['bullmq/control: was planned, and is not in the history']);
    for (const id of run.cells.keys()) if (id.startsWith('bullmq/')) run.cells.delete(id);
    expect(compare(run)).toHaveLength(7);
  });

  test('with a cell that nobody planned is told', () => {
    const run = edited('rabbitmq/control', {});
    const spec = run.cells.get('rabbitmq/control');
    run.cells.set('rabbitmq/extra', { ...spec, id: 'rabbitmq/extra' } as CellSpec);
    expect(compare(run)).toEqual(['rabbitmq/extra: is in the history, and was not planned']);
  });

  test('with its plan cut to what is left is told by the digest', () => {
    const run = stored();
    run.cells.delete('bullmq/control');
    const plan = { ...run.header.plan, cells: [...run.cells.keys()] } as RunHeader['plan'];
    const header = { ...run.header, planned: run.cells.size, plan } as RunHeader;
    expect(compare({ ...run, header })).toEqual([
      'the digest of what was planned is not that of what the bundle plans now',
    ]);
    expect(compare({ ...run, header: { ...header, planned: 99 } })).toEqual([
      'the header names 13 cells and says that 99 were planned',
    ]);
  });

  test('with its plan taken out is told', () => {
    const run = stored();
    const { plan, ...header } = run.header;
    expect(plan).toBeDefined();
    expect(compare({ ...run, header })).toEqual([
      'the history does not say what was planned, so its cells could not be held against a plan',
    ]);
  });
});

test('a bundle that has changed since is told', () => {
  const changed = { ...experiment, livenessLimitMs: 2000 };
  const differences = compare(stored(), {
    ...mode,
    experiments: { rabbitmq: changed, bullmq: experiment },
  });
  expect(differences).toHaveLength(7);
  expect(differences[0]).toBe(
    'rabbitmq/control: livenessLimitMs is 1000 in the history, 2000 in the bundle',
  );
  const rabbitmqOnly = { ...mode, experiments: { rabbitmq: experiment } };
  expect(compare(stored(), rabbitmqOnly)).toContain(
    'bullmq/control: was planned, and the bundle has no such cell',
  );
});
