import type { Finding } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { conclude, concludeRestored, concludeState, type Considered } from './conclude.ts';
import { doubtsAboutFaults } from './doubts.ts';
import type { BookName, FaultRecord, JudgedInvariant } from './judgement.ts';
import { bookNames } from './judgement.ts';
import { specOf } from './scripted-cells.ts';

const violated: Finding = {
  invariant: 'INV_001',
  state: 'violated',
  exercised: 1,
  violations: 1,
  witnesses: [{ key: 'job-0001', seqs: [1], story: 'job-0001: twice' }],
};
const holds: Finding = { invariant: 'INV_001', state: 'holds', exercised: 1 };
const unknown: Finding = { invariant: 'INV_001', state: 'unknown', reason: 'nobody looked' };

const judged = (finding: Finding, expected: 'holds' | 'violated'): JudgedInvariant => ({
  invariant: 'INV_001',
  expected,
  finding,
  conclusion: concludeState(finding, expected),
});
const conclusionOf = (change: Partial<Considered>) => {
  const all = { findings: [], breaches: [], incomplete: [], doubts: [], ...change };
  const { conclusion, disturbed } = conclude(all);
  return disturbed ? `${conclusion}, disturbed` : conclusion;
};
const breach = (book: BookName) => ({ book, says: 'so', seqs: [] });
const accused = [judged(violated, 'holds')];

describe('conclude', () => {
  test('lets each book speak in its order', () => {
    const alone = bookNames.map((book) => conclusionOf({ breaches: [breach(book)] }));
    expect(alone).toEqual([
      ...Array.from({ length: 8 }, () => 'inconclusive'),
      'inconclusive, disturbed',
      'contrary',
      'contrary',
    ]);
  });

  test('accuses nobody while a book is broken, or the cell incomplete', () => {
    expect(conclusionOf({ findings: accused })).toBe('contrary');
    for (const book of bookNames.slice(0, 8)) {
      expect(conclusionOf({ findings: accused, breaches: [breach(book)] })).toBe('inconclusive');
      const both = [breach(book), breach('machine'), breach('surprise')];
      expect(conclusionOf({ findings: accused, breaches: both })).toBe('inconclusive');
    }
    expect(conclusionOf({ findings: accused, incomplete: ['aborted'] })).toBe('inconclusive');
  });

  test('lets the machine speak before surprises, and those before other doubts', () => {
    expect(
      conclusionOf({ findings: accused, breaches: [breach('machine'), breach('surprise')] }),
    ).toBe('inconclusive, disturbed');
    expect(conclusionOf({ breaches: [breach('surprise')], doubts: ['not drained'] })).toBe(
      'contrary',
    );
    expect(conclusionOf({ findings: [judged(holds, 'violated')], doubts: ['not drained'] })).toBe(
      'inconclusive',
    );
    expect(conclusionOf({ findings: [judged(holds, 'violated')] })).toBe('contrary');
  });

  test('tells no more than three of a book, and that there are more', () => {
    const breaches = [1, 2, 3, 4, 5].map((n) => ({ ...breach('ledger'), says: `${n}` }));
    const { reasons } = conclude({ findings: [], breaches, incomplete: [], doubts: [] });
    expect(reasons).toEqual([
      'ledger: 1',
      'ledger: 2',
      'ledger: 3',
      'ledger: and more of the kind',
    ]);
  });
});

describe('what was restored', () => {
  test.each([
    [violated, holds, 'as expected'],
    [violated, unknown, 'inconclusive'],
    [unknown, holds, 'inconclusive'],
    [holds, holds, 'contrary'],
    [violated, violated, 'contrary'],
  ])('%# is %s', (before, after, conclusion) => {
    expect(concludeRestored(before, after)).toBe(conclusion);
  });
});

test('a fault of a load that met no traffic is doubted, healed or not', () => {
  const fault = { label: 'cut', onMs: 1, metTraffic: false, healed: true } as FaultRecord; // all that is read
  const spec = specOf({ fault: 'cut' });
  expect(doubtsAboutFaults(spec, [fault])).toEqual(['"cut" met no traffic']);
  expect(doubtsAboutFaults(spec, [{ ...fault, healed: false, metTraffic: true }])).toEqual([
    '"cut" was not healed',
  ]);
});
