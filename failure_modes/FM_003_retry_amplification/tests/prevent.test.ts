/** With a budget, or with a bounded queue, the same load comes back; a bound that is too long does not help. */
import { expect, test, vi } from 'vitest';

import { bundleTest, violated, withoutFault } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

vi.setConfig({ testTimeout: 400_000 }); // a plateau is watched for a minute, and again where the machine is busy

const { cells, changed, mutants } = bundleTest(mode);

test('budget and bounded queue hold under every trigger, and were exercised', async () => {
  const prevented = await cells('rabbitmq', ({ role }) => role === 'prevent');
  expect(prevented).toHaveLength(4);
  for (const cell of prevented) {
    expect(cell, cell.spec.id).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(violated(cell), cell.spec.id).toEqual([]);
    expect(cell.guard.refused, cell.spec.id).toBeGreaterThan(0);
  }
});

test('a guard that never had to act proves nothing: the cell is inconclusive', async () => {
  const [cell] = await changed(
    'rabbitmq',
    ({ id }) => id === 'rabbitmq/prevent/token-bucket/stall',
    withoutFault,
  );
  expect(cell?.guard.refused).toBe(0);
  expect(cell?.conclusion).toBe('inconclusive');
});

test('a budget that every job has for itself, and a queue ten times too long, are caught', async () => {
  const caught = await mutants('rabbitmq');
  const broken = caught.map((mutant) => [mutant.spec.guard, violated(mutant)] as const);
  expect(Object.fromEntries(broken)).toEqual({
    'bucket-per-job': ['INV_009', 'INV_011'],
    'bound-of-ten-timeouts': ['INV_011'],
  });
  for (const mutant of caught) {
    expect(mutant, mutant.spec.id).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(mutant.load?.outcome.verdict, mutant.spec.id).toBe('stuck');
  }
});

test("with no trigger the guards are in nobody's way", async () => {
  const controls = await cells('rabbitmq', ({ role }) => role === 'guard control');
  expect(controls.map(({ spec }) => spec.guard)).toEqual(['token-bucket', 'bounded-queue-reject']);
  for (const cell of controls) {
    expect(cell, cell.spec.id).toMatchObject({ conclusion: 'as expected', guard: { refused: 0 } });
  }
});
