/** Without the guard the invariant breaks; without the fault it does not. */
import type { Transport } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { bundleTest, violated, withoutFault } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

const { cells, changed } = bundleTest(mode);

describe.each<Transport>(['rabbitmq', 'bullmq'])('on %s', (transport) => {
  test('an unguarded worker applies the effect of the struck job twice', async () => {
    const [cell] = await cells(transport, ({ role }) => role === 'reproduce');
    expect(cell).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(cell && violated(cell)).toEqual(['INV_001']);
    const finding = cell?.findings.find(({ invariant }) => invariant === 'INV_001')?.finding;
    const struck = cell?.faults[0]?.struckKeys ?? [];
    expect(finding).toMatchObject({ violations: 1 });
    expect(finding?.state === 'violated' ? finding.witnesses[0]?.key : undefined).toBe(struck[0]);
  });

  test('the same run with the fault withheld breaks nothing, and is reported as contrary', async () => {
    const [cell] = await changed(transport, ({ role }) => role === 'reproduce', withoutFault);
    expect(cell?.ending).toBe('completed');
    expect(cell && violated(cell)).toEqual([]);
    expect(cell?.conclusion).toBe('contrary');
  });

  test('the control holds every invariant', async () => {
    const [cell] = await cells(transport, ({ role }) => role === 'control');
    expect(cell).toMatchObject({ conclusion: 'as expected', faults: [] });
    expect(cell && violated(cell)).toEqual([]);
  });

  test('every placebo fails, each in the way its entry says', async () => {
    const placebos = await cells(transport, ({ role }) => role === 'placebo');
    expect(placebos.length).toBeGreaterThanOrEqual(3);
    for (const placebo of placebos) {
      expect(placebo, placebo.spec.id).toMatchObject({ conclusion: 'as expected', reasons: [] });
      expect(violated(placebo).length, placebo.spec.id).toBeGreaterThan(0);
    }
  });
});
