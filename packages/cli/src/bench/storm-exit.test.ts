import type { StormRun } from '@lab/bench';
import type { StormCell } from '@lab/storm';
import { describe, expect, test } from 'vitest';

import { agreementOf, exitCodeOfStorm } from './storm-exit.ts';

type Judged = Pick<StormCell, 'study' | 'valid' | 'agrees'> & {
  readonly law: Pick<StormCell['law'], 'nearEdge'>;
};

/** Only what an exit code looks at. */
function cells(n: number, change: Partial<Judged> = {}): StormCell[] {
  const cell: Judged = {
    study: 'policies',
    valid: true,
    agrees: true,
    law: { nearEdge: false },
    ...change,
  };
  return Array.from({ length: n }, () => cell as StormCell); // the rest of a cell decides nothing here
}

const whole: Pick<StormRun, 'stopped' | 'invalid'> = { stopped: null, invalid: [] };
const odd = { agrees: false };

describe('the exit code of a storm', () => {
  test.each<[string, StormCell[], Partial<typeof whole>, number]>([
    ['all as predicted', cells(20), {}, 0],
    ['one of twenty contradicts the model', [...cells(19), ...cells(1, odd)], {}, 0],
    ['two of twenty contradict the model', [...cells(18), ...cells(2, odd)], {}, 1],
    [
      'those near an edge contradict nothing',
      [...cells(1), ...cells(5, { ...odd, law: { nearEdge: true } })],
      {},
      0,
    ],
    ['rates are no verdicts', [...cells(1), ...cells(5, { ...odd, study: 'cost' })], {}, 0],
    ['no cell counts', cells(3, { valid: false, agrees: null }), {}, 2],
    ['there is no cell', [], {}, 2],
    ['a control failed', cells(20), { invalid: [{ block: 0, why: 'it never did' }] }, 2],
    ['interrupted', cells(3, odd), { stopped: { why: 'interrupted', interrupted: true } }, 130],
    ['the broker is gone', cells(3), { stopped: { why: 'gone', interrupted: false } }, 3],
  ])('%s', (_, measured, change, code) => {
    expect(exitCodeOfStorm({ cells: measured }, { ...whole, ...change })).toBe(code);
  });

  test('counts what agrees', () => {
    expect(agreementOf([...cells(3), ...cells(2, odd)])).toEqual({ agreeing: 3, of: 5 });
  });
});
