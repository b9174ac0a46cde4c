import type { Judgement } from '@lab/invariants';
import { expect, test } from 'vitest';

import type { CellPlan } from './cell-plan.ts';
import { inParallel } from './in-parallel.ts';
import { withReruns } from './with-reruns.ts';

const plans = ['a', 'b', 'c'].map((id) => ({ spec: { id } }) as CellPlan); // all that is looked at

/** Runs three cells, one after another; those named were disturbed. @returns what was told, and how many ran at a time */
async function runThree(isDisturbed: (id: string) => boolean, begun = true) {
  const told: string[] = [];
  const widths: number[] = [];
  await withReruns<void>(plans, {
    atATime: 6,
    sideBySide: (waiting, atATime, work) => {
      if (waiting.length > 0) widths.push(atATime);
      return inParallel(waiting, 1, (plan) => work(plan));
    },
    runOne: ({ spec }) => Promise.resolve(begun ? judgementOf(spec, isDisturbed(spec.id)) : null),
    tell: (kind, { spec }) => told.push(`${kind} ${spec.id}`),
  });
  return { told, widths };
}

function judgementOf(spec: CellPlan['spec'], disturbed: boolean): Judgement {
  const gate = { name: 'host CPU', rule: 'host CPU <= 0.85', value: 0.9, passed: !disturbed };
  const load = { gates: [gate] } as unknown as Judgement['load']; // only its gates are looked at
  return { spec, ending: 'completed', load } as Judgement;
}

test('a cell that the machine disturbed is played again, at most twice, and every run is told', async () => {
  const { told, widths } = await runThree((id) => id.startsWith('b') || id === 'c');
  expect(told).toEqual([
    'cell a',
    'discarded b',
    'discarded c',
    'discarded b@2',
    'cell c@2',
    'cell b@3', // disturbed again, and by itself: it stays
  ]);
  expect(widths).toEqual([6, 3, 1]);
});

test('what was not begun is neither told nor played again', async () => {
  expect((await runThree(() => true, false)).told).toEqual([]);
});
