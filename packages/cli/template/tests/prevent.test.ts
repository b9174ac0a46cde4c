/** With the guard the invariant holds under the same fault, and the guard had to act. */
import { expect, test } from 'vitest';

import { bundleTest, violated } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

const { cells } = bundleTest(mode);

test('the guard holds under every fault', async () => {
  const prevented = await cells('rabbitmq', ({ role }) => role === 'prevent');
  expect(prevented.length).toBeGreaterThan(0);
  for (const cell of prevented) {
    expect(cell, cell.spec.id).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(violated(cell), cell.spec.id).toEqual([]);
  }
});
