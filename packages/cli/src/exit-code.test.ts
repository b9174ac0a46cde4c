import { expect, test } from 'vitest';

import { exitCode, exitCodeOf } from './exit-code.ts';

test('every verdict has a code of its own', () => {
  expect([exitCodeOf('proven'), exitCodeOf('disproven'), exitCodeOf('inconclusive')]).toEqual([
    0, 1, 2,
  ]);
});

test('no two meanings share a code', () => {
  const codes = Object.values(exitCode);
  expect(codes.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 64, 70, 130]);
});
