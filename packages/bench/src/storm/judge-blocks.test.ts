import type { StormCell } from '@lab/storm';
import { describe, expect, test } from 'vitest';

import { judgeBlocks } from './judge-blocks.ts';
import { cellOf } from './measured-cell.ts';
import type { PlannedCell } from './plan.ts';
import { settingOf } from './planned-load.ts';
import { planStorm } from './profile.ts';
import { simulatedLoad } from './testing/simulated-load.ts';

const { cells: planned } = planStorm({
  profile: 'fast',
  policies: ['bounded-queue-reject'],
  seeds: 2,
  mayRestart: false,
});

/** What the simulator makes of a planned cell. */
function measured(cell: PlannedCell): StormCell {
  const setting = settingOf(cell.load, 250);
  return cellOf(cell, setting, simulatedLoad(setting), []);
}

const cells = planned.map(measured);

/** The cells, the no-retry control of block 0 told otherwise. */
function withControl(change: Partial<NonNullable<StormCell['measured']>>): StormCell[] {
  const control = planned.find(({ block, role }) => block === 0 && role === 'no-retry');
  return cells.map((cell) =>
    cell.id === control?.id && cell.measured !== null
      ? { ...cell, measured: { ...cell.measured, ...change } }
      : cell,
  );
}

describe('a block', () => {
  test('stands when its no-retry control comes back as the closed form says', () => {
    const judged = judgeBlocks(cells, planned);
    expect(judged.invalid).toEqual([]);
    expect(judged.cells.every(({ valid }) => valid)).toBe(true);
    const subject = judged.cells.find(({ id }) => id.includes('reject/s1'));
    expect(subject?.gates.at(-1)).toMatchObject({
      name: 'no-retry control of the block',
      passed: true,
    });
  });

  test.each([
    ['does not come back', { recoveryMs: null }, /it never did/],
    ['comes back late', { recoveryMs: 9000 }, /it took 9\.0 s/],
  ])('falls with a control that %s', (_, change, why) => {
    const judged = judgeBlocks(withControl(change), planned);
    expect(judged.invalid).toEqual([{ block: 0, why: expect.stringMatching(why) as string }]);
    const blocks = Map.groupBy(judged.cells, ({ block }) => block);
    const subjects = blocks.get(0)?.filter(({ setting }) => setting.policy !== 'none') ?? [];
    expect(subjects.length).toBeGreaterThan(0);
    expect(subjects.some(({ valid, agrees }) => valid || agrees !== null)).toBe(false);
    expect(blocks.get(1)?.every(({ valid }) => valid)).toBe(true);
  });

  test('falls with a control that was not measured', () => {
    const judged = judgeBlocks(
      cells.map((cell) =>
        cell.id === 'policies/none/s1' ? { ...cell, measured: null, ending: 'timed out' } : cell,
      ),
      planned,
    );
    expect(judged.invalid.map(({ block }) => block)).toEqual([0]);
  });

  test('of which the control has not run is not judged', () => {
    const without = cells.filter(({ id }) => id !== 'policies/none/s1');
    expect(judgeBlocks(without, planned).invalid).toEqual([]);
  });
});
