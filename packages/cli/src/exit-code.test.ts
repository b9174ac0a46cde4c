import type { RunHeader } from '@lab/contract';
import type { RunJudgement } from '@lab/invariants';
import { expect, test } from 'vitest';

import { exitCode, exitCodeOfRun, type ExitCode } from './exit-code.ts';

function codeOf(judgement: Partial<RunJudgement>, header: Partial<RunHeader> = {}): ExitCode {
  const cells = Array.from({ length: 2 }, () => ({}) as RunJudgement['cells'][number]); // only counted
  return exitCodeOfRun(
    { steered: true, planned: 2, ...header } as RunHeader, // only these two are read
    {
      verdict: 'inconclusive',
      reasons: [],
      cells,
      gone: [],
      planted: { planted: 0, found: 0, missed: [], nowhere: [] },
      discarded: [],
      worst: 'as expected',
      missing: [],
      ...judgement,
    },
  );
}

const missing = [{ transport: 'rabbitmq', role: 'control' }] as const;

test('every verdict on a whole grid has a code of its own', () => {
  const verdicts = ['proven', 'disproven', 'inconclusive'] as const;
  expect(verdicts.map((verdict) => codeOf({ verdict }))).toEqual([0, 1, 2]);
});

test('chosen cells that all ran come to the worst of themselves', () => {
  const conclusions = ['as expected', 'contrary', 'inconclusive'] as const;
  expect(conclusions.map((worst) => codeOf({ worst, missing }))).toEqual([0, 1, 2]);
});

test('a run whose judge missed what was planted proves nothing, chosen and unsteered ones too', () => {
  const missed = [
    { invariant: 'INV_011', transport: 'rabbitmq', cell: 'rabbitmq/control', why: 'it holds' },
  ] as const;
  const planted = { planted: 6, found: 5, missed, nowhere: [] };
  expect(codeOf({ planted })).toBe(2);
  expect(codeOf({ planted, missing })).toBe(2);
  expect(codeOf({ planted, missing }, { steered: false })).toBe(2);
  expect(codeOf({ planted, missing, verdict: 'disproven', worst: 'contrary' })).toBe(1);
});

test('a run that was cut short proves nothing, however well its cells went', () => {
  expect(codeOf({ missing }, { planned: 9 })).toBe(2);
  expect(codeOf({ missing }, { planned: 9, steered: false })).toBe(2);
});

test('an unsteered run measures, whatever it finds', () => {
  expect(codeOf({ worst: 'contrary', missing }, { steered: false })).toBe(0);
});

test('where a server was gone the surroundings are to blame, unless something is contrary all the same', () => {
  const gone = ['redis'];
  expect(codeOf({ gone })).toBe(3);
  expect(codeOf({ gone, missing, worst: 'inconclusive' })).toBe(3);
  expect(codeOf({ gone, verdict: 'disproven', worst: 'contrary' })).toBe(1);
  expect(codeOf({ gone, worst: 'contrary', verdict: 'disproven', missing })).toBe(1);
  expect(codeOf({ gone }, { steered: false })).toBe(3);
});

test('no two meanings share a code', () => {
  const codes = Object.values(exitCode);
  expect(codes.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 64, 70, 130]);
});
