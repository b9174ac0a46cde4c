/**
 * Dead letters that are in order: the lab reads them from the server, keys and number apart, and finds nothing wrong with a
 * job that can never be handled, nor with one whose handler failed as often as its attempts allow.
 */
import type { Snapshot, Transport } from '@lab/contract';
import type { CellPlan } from '@lab/harness';
import { beforeAll, describe, expect, test } from 'vitest';

import { bundleTest, type PlayedCell } from '../../test-laboratory.ts';
import mode from '../scenario.ts';
import { programFile, slugOf, violations, withWrongWorker } from './wrong-cells.ts';

const { made } = bundleTest(mode);
const key = 'job-0005';
const poison = { about: key, spec: { poison: [key] } };
const twice = { producer: { ATTEMPTS: '2' } }; // on RabbitMQ it is two anyway

describe.each<Transport>(['rabbitmq', 'bullmq'])('on %s', (transport) => {
  let cells: ReadonlyMap<string, PlayedCell>;
  beforeAll(async () => {
    cells = await made(transport, (grid) => {
      const control = grid.find(({ spec }) => spec.role === 'control');
      return [
        withWrongWorker(control, { wrong: 'fails every time', ...poison, ...twice }),
        withWrongWorker(control, { wrong: 'gives up at the first failure', ...poison }),
        undeclared(withWrongWorker(control, { wrong: 'fails every time', about: key, ...twice })),
        garbled(grid.find(({ spec }) => spec.role === 'guard control')),
      ];
    });
  }, 120_000);

  test.each([
    ['a job declared poison, when it failed as often as it may', 'control/fails-every-time'],
    [
      'a job declared poison that is given up at once',
      `control/${slugOf('gives up at the first failure')}`,
    ],
    ["a message that is no job, given up by the lab's own worker", 'guard-control/garbled'],
  ])('%s is dead-lettered once, and all is as expected', (_, id) => {
    const cell = cells.get(`${transport}/${id}`);
    expect(cell?.judgement).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(cell?.snapshots).toMatchObject([
      { dead: [key], deadCount: 1 } satisfies Partial<Snapshot>,
    ]);
    expect(cell?.snapshots[0]?.ledger.map((entry) => entry.key)).not.toContain(key);
  });

  test('one of which nobody said that it would fail is discharged as well, and is a surprise', () => {
    const judged = cells.get(`${transport}/control/fails-every-time/undeclared`)?.judgement;
    expect(violations(judged)).toEqual({});
    expect(judged).toMatchObject({ conclusion: 'contrary' });
    expect(judged?.reasons.join('; ')).toContain(`${key} was not struck, and was delivered again`);
  });
});

/** Nobody said that its job would fail. */
function undeclared(plan: CellPlan): CellPlan {
  return { ...plan, spec: { ...plan.spec, id: `${plan.spec.id}/undeclared` } };
}

/** The guarded cell with a message in it that no worker can read. */
function garbled(plan: CellPlan | undefined): CellPlan {
  if (plan === undefined) throw new Error('the grid has no guard control');
  return {
    ...plan,
    producer: { ...plan.producer, GARBLED_KEY: key },
    programs: { producer: programFile('garbling-producer') },
    spec: { ...plan.spec, id: `${plan.spec.id}/garbled`, poison: [key] },
  };
}
