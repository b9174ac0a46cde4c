import { expect, test } from 'vitest';

import { repairsOf, repairsSaidBy } from './said.ts';

test('what a program repaired is what its line says', () => {
  expect(repairsSaidBy('{"found":{},"repaired":3}\n')).toBe(3);
  expect(repairsSaidBy('starting\n{"repaired":0}\n')).toBe(0);
});

test.each([
  ['nothing', ''],
  ['something else', '{"found":{}}\n'],
  ['half a line', '{"repaired":'],
  ['no number', '{"repaired":"all"}\n'],
  ['less than nothing', '{"repaired":-1}\n'],
])('a program that said %s did not say 0', (_what, output) => {
  expect(repairsSaidBy(output)).toBeNull();
  expect(() => repairsOf('reconciler-1', output, 0)).toThrow('reconciler-1 ended with code 0 and');
});

test('of one that failed its exit code is judged', () => {
  expect(repairsOf('reconciler-1', '', 1)).toBe(0);
  expect(repairsOf('reconciler-1', '', null)).toBe(0);
  expect(repairsOf('reconciler-1', '{"repaired":2}\n', 1)).toBe(2);
});
