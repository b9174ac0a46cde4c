import type { ComparedRow, StormComparison } from '@lab/storm';
import { describe, expect, test } from 'vitest';

import { renderStormComparison } from './storm-compare.ts';
import type { Style } from './style.ts';
import { widthOf } from './text.ts';

const style: Style = { color: false, unicode: true, width: 100 };
const paths = { before: 'runs/one', after: 'runs/other' };

function side(stuck: number, n: number, medianMs: number | null): ComparedRow['a'] {
  return {
    stuck: { n, stuck, recovered: n - stuck, draining: 0, undecided: 0, low: 0, high: 1 },
    recovery: { medianMs, shortestMs: medianMs, longestMs: medianMs, censored: stuck },
    amplificationPeak: null,
    amplificationStuck: null,
    amplificationOther: null,
  };
}

const row: ComparedRow = {
  study: 'policies',
  load: 'rpc, rho 0.70, D 8T',
  policy: 'immediate',
  a: side(10, 10, null),
  b: side(0, 10, 8100),
  p: 0.000_01,
  differs: true,
  changed: ['parameters.attempts'],
};

const comparison: StormComparison = {
  rows: [row, { ...row, policy: 'none', a: side(0, 10, 7800), p: 1, differs: false, changed: [] }],
  onlyInA: [{ study: 'policies', load: 'rpc', policy: 'grpc' }],
  onlyInB: [],
  differences: [{ what: 'versions.rabbitmq', a: '3.10.8', b: '4.0.5' }],
  refusal: null,
  test: "Fisher's exact test",
};

describe('a comparison', () => {
  test('says row by row what differs, and what else is not the same', () => {
    expect(renderStormComparison(comparison, paths, style)).toMatchInlineSnapshot(`
      "A runs/one
      B runs/other

      policy and load                              stuck A  stuck B  back A    back B    p
      immediate, policies: rpc, rho 0.70, D 8T     10/10    0/10     not seen  8.1 s     <0.001  DIFFERS
      (not the same: parameters.attempts)
      none, policies: rpc, rho 0.70, D 8T          0/10     0/10     7.8 s     8.1 s     1.000

      only in A: grpc (policies)

      what else differs
        versions.rabbitmq: 3.10.8 in A, 4.0.5 in B

      Fisher's exact test

      ✕ 1 of 2 rows differ
      "
    `);
  });

  test('says so when the two have nothing in common', () => {
    const nothing = { ...comparison, rows: [], refusal: 'the two have no load in common' };
    expect(renderStormComparison(nothing, paths, style)).toContain(
      '? not comparable: the two have no load in common',
    );
  });

  test('shows nothing of a document that could move the cursor', () => {
    const hostile = { ...comparison, rows: [{ ...row, policy: '\u001B[2Jx' }] };
    expect(renderStormComparison(hostile, paths, style)).not.toContain('\u001B');
  });

  test.each([80, 120])('fits %i columns', (width) => {
    const text = renderStormComparison(comparison, paths, { ...style, width });
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
  });
});
