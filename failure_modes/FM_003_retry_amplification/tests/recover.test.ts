/** Shedding what nobody waits for ends the storm while jobs keep coming, and a second run finds nothing to shed. */
import { expect, test } from 'vitest';

import { bundleTest, withoutFault } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

const { cells, changed } = bundleTest(mode);

test('the backlog is shed once, the load comes back and stays back', async () => {
  const [cell] = await cells('rabbitmq', ({ role }) => role === 'recover');
  expect(cell).toMatchObject({ conclusion: 'as expected', reasons: [] });
  expect(cell?.recovery?.rounds).toMatchObject([
    { round: 1, exitCode: 0 },
    { round: 2, exitCode: 0, repairs: 0 },
  ]);
  expect(cell?.recovery?.rounds[0]?.repairs).toBeGreaterThan(0);
  const restored = cell?.findings.filter(({ expected }) => expected === 'restored');
  expect(restored?.map(({ before, finding }) => [before?.state, finding.state])).toEqual([
    ['violated', 'holds'],
    ['violated', 'holds'],
  ]);
});

test('recovery that had nothing to restore proves nothing', async () => {
  const [cell] = await changed('rabbitmq', ({ role }) => role === 'recover', withoutFault);
  expect(cell?.conclusion).not.toBe('as expected');
});
