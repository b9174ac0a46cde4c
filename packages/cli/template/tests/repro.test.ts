/** Without the guard the invariant breaks; without the fault it does not. */
import { expect, test } from 'vitest';

import { bundleTest, violated, withoutFault } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

const { cells, changed } = bundleTest(mode);

test('without the guard the invariant breaks', async () => {
  const [cell] = await cells('rabbitmq', ({ role }) => role === 'reproduce');
  expect(cell).toMatchObject({ conclusion: 'as expected', reasons: [] });
  expect(cell && violated(cell)).toContain(mode.breaks);
});

test('with the fault withheld nothing breaks', async () => {
  const [cell] = await changed('rabbitmq', ({ role }) => role === 'reproduce', withoutFault);
  expect(cell?.ending).toBe('completed');
  expect(cell && violated(cell)).toEqual([]);
});

test('every placebo fails as its entry says', async () => {
  for (const placebo of await cells('rabbitmq', ({ role }) => role === 'placebo')) {
    expect(placebo, placebo.spec.id).toMatchObject({ conclusion: 'as expected', reasons: [] });
  }
});
