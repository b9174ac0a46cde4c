/** After the damage the reconciler restores the invariant, and a second run of it changes nothing. */
import { expect, test } from 'vitest';

import { bundleTest } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

const { cells } = bundleTest(mode);

test('recovery restores the invariant, once', async () => {
  const [cell] = await cells('rabbitmq', ({ role }) => role === 'recover');
  expect(cell).toMatchObject({ conclusion: 'as expected', reasons: [] });
  expect(cell?.recovery?.rounds.at(-1)).toMatchObject({ exitCode: 0, repairs: 0 });
});
