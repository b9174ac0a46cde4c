import type { StormRun } from '@lab/bench';
import type { StormCell } from '@lab/storm';
import { describe, expect, test } from 'vitest';

import { exitCodeOfStorm } from './storm-exit.ts';

interface Change {
  readonly valid?: boolean;
  readonly model?: 'stuck' | 'recovered';
  readonly trigger?: 'stall' | 'none';
  /** rho A_max. */
  readonly load?: number;
}

/** Only what an exit code looks at; they came out stuck. */
function cells(n: number, change: Change = {}): StormCell[] {
  const { valid = true, model = 'stuck', trigger = 'stall', load = 2.8 } = change;
  const cell = {
    valid,
    measured: { verdict: 'stuck' },
    model: { verdict: model },
    law: { verdict: null, load, nearEdge: false },
    setting: { trigger, ramp: null, policy: 'immediate', seed: 1 },
  } as StormCell; // the rest of a cell decides nothing here
  return Array.from({ length: n }, () => cell);
}

const whole: Pick<StormRun, 'stopped' | 'invalid'> = { stopped: null, invalid: [] };
const odd = { model: 'recovered' } as const;

describe('the exit code of a storm', () => {
  test.each<[string, StormCell[], Partial<typeof whole>, number]>([
    ['all as predicted', cells(20), {}, 0],
    ['one of twenty contradicts the model', [...cells(19), ...cells(1, odd)], {}, 0],
    ['two of twenty contradict the model', [...cells(18), ...cells(2, odd)], {}, 1],
    [
      'those near an edge contradict nothing',
      [...cells(1), ...cells(5, { ...odd, load: 1.05 })],
      {},
      0,
    ],
    [
      'a load that nothing troubles predicts nothing',
      [...cells(1), ...cells(5, { ...odd, trigger: 'none' })],
      {},
      0,
    ],
    ['no cell counts', cells(3, { valid: false }), {}, 2],
    ['there is no cell', [], {}, 2],
    ['a control failed', cells(20), { invalid: [{ block: 0, why: 'it never did' }] }, 2],
    ['interrupted', cells(3, odd), { stopped: { why: 'interrupted', interrupted: true } }, 130],
    ['the broker is gone', cells(3), { stopped: { why: 'gone', interrupted: false } }, 3],
  ])('%s', (_, measured, change, code) => {
    expect(exitCodeOfStorm({ cells: measured }, { ...whole, ...change })).toBe(code);
  });
});
