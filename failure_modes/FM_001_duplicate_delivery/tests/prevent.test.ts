/** With the guard the invariant holds under every fault, and the guard had to act; with a clause removed it is caught. */
import type { Transport } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { bundleTest, violated, withoutFault } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

const { cells, changed, mutants } = bundleTest(mode);

describe.each<Transport>(['rabbitmq', 'bullmq'])('on %s', (transport) => {
  test('the atomic claim holds under every fault, and was exercised', async () => {
    const prevented = await cells(transport, ({ role }) => role === 'prevent');
    expect(prevented.length).toBeGreaterThanOrEqual(2);
    for (const cell of prevented) {
      expect(cell, cell.spec.id).toMatchObject({ conclusion: 'as expected', reasons: [] });
      expect(violated(cell), cell.spec.id).toEqual([]);
    }
    for (const { spec, guard, faults } of prevented.filter((cell) => cell.spec.guardMustAct)) {
      expect(guard.refusedKeys, spec.id).toEqual(faults[0]?.struckKeys.slice(0, 1));
    }
  });

  test('a guard that never had to act proves nothing: the cell is inconclusive', async () => {
    const [cell] = await changed(
      transport,
      ({ role, guardMustAct }) => role === 'prevent' && guardMustAct,
      withoutFault,
    );
    expect(cell?.guard.refused).toBe(0);
    expect(cell?.conclusion).toBe('inconclusive');
  });

  test('the guard with its atomic step split in two is caught', async () => {
    const [mutant] = await mutants(transport);
    expect(mutant?.spec.guard).toBe('split-claim');
    expect(mutant).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(mutant && violated(mutant)).toContain('INV_006');
  });

  test('the unsplit guard holds at the fault point that catches the split one', async () => {
    const [cell] = await changed(
      transport,
      ({ role }) => role === 'guard control',
      (plan) => ({
        ...plan,
        spec: { ...plan.spec, fault: 'effect-lost', faultPoint: 'the point of the split claim' },
      }),
    );
    expect(cell).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(cell?.faults.length).toBeGreaterThan(0);
  });

  test("with no fault the guard is in nobody's way", async () => {
    const [cell] = await cells(transport, ({ role }) => role === 'guard control');
    expect(cell).toMatchObject({ conclusion: 'as expected', guard: { refused: 0 } });
  });
});
