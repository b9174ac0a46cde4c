import { readJob, type Job, type LedgerEntry } from '@lab/contract';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compensationOf, findDivergence, isConsistent } from './divergence.ts';

describe('findDivergence', () => {
  it('finds nothing where every accepted job has one effect', () => {
    const divergence = findDivergence([job('a'), job('b')], [effect('1', 'b'), effect('2', 'a')]);
    expect(isConsistent(divergence)).toBe(true);
  });

  it('keeps the first effect of a key and takes back every later one', () => {
    const { duplicated } = findDivergence(
      [job('a')],
      [effect('1', 'a'), effect('2', 'a'), effect('3', 'a')],
    );
    expect(duplicated).toMatchObject([
      { key: 'a', kept: { entry: '1' }, surplus: [{ entry: '2' }, { entry: '3' }] },
    ]);
  });

  it('reports an accepted job with no standing effect as missing', () => {
    const only = effect('1', 'a');
    const { missing } = findDivergence(
      [job('a'), job('b')],
      [only, compensationOf(only, 'c', 'r')],
    );
    expect(missing.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('reports effects of jobs never accepted, and duplicates among them', () => {
    const { unexpected, duplicated } = findDivergence([], [effect('1', 'x'), effect('2', 'x')]);
    expect(unexpected).toMatchObject([{ entry: '1' }]);
    expect(duplicated).toMatchObject([{ key: 'x', surplus: [{ entry: '2' }] }]);
  });

  it('reports a compensation that takes back nothing, or what was taken back before', () => {
    const first = effect('1', 'a');
    const ledger = [
      first,
      effect('2', 'a'),
      compensationOf(first, 'c1', 'r'),
      compensationOf(first, 'c2', 'r'),
      compensationOf(effect('9', 'a'), 'c3', 'r'),
    ];
    expect(findDivergence([job('a')], ledger).unexpected.map(({ entry }) => entry)).toEqual([
      'c2',
      'c3',
    ]);
  });

  it.each<[string, Job[], LedgerEntry[]]>([
    ['a duplicate', [job('a')], [effect('1', 'a'), effect('2', 'a')]],
    ['a missing effect', [job('a'), job('b')], [effect('1', 'a')]],
    ['an effect of nobody', [job('a')], [effect('1', 'a'), effect('2', 'b')]],
  ])('does not call %s consistent', (_, accepted, ledger) => {
    expect(isConsistent(findDivergence(accepted, ledger))).toBe(false);
  });

  it('counts a job accepted twice once', () => {
    expect(isConsistent(findDivergence([job('a'), job('a')], [effect('1', 'a')]))).toBe(true);
  });
});

describe('repairing what was found', () => {
  it('leaves no duplicate, and the same missing and unexpected', () => {
    fc.assert(
      fc.property(histories, ({ accepted, ledger }) => {
        const before = findDivergence(accepted, ledger);
        const after = findDivergence(accepted, [...ledger, ...compensations(accepted, ledger)]);
        expect(after).toEqual({ ...before, duplicated: [] });
      }),
    );
  });

  it('changes nothing when it runs again', () => {
    fc.assert(
      fc.property(histories, ({ accepted, ledger }) => {
        const repaired = [...ledger, ...compensations(accepted, ledger)];
        expect(compensations(accepted, repaired)).toEqual([]);
      }),
    );
  });

  it('comes to the same ledger when it is cut anywhere and run again', () => {
    fc.assert(
      fc.property(histories, fc.nat(), ({ accepted, ledger }, cut) => {
        const all = compensations(accepted, ledger);
        const interrupted = [...ledger, ...all.slice(0, cut % (all.length + 1))];
        const resumed = [...interrupted, ...compensations(accepted, interrupted)];
        expect(resumed).toEqual([...ledger, ...all]);
      }),
    );
  });

  it('takes back what later duplicates added, and conserves the first amounts', () => {
    fc.assert(
      fc.property(histories, ({ accepted, ledger }) => {
        const effects = ledger.filter(({ kind }) => kind === 'effect');
        const first = new Map(effects.toReversed().map((entry) => [entry.key, entry.amount]));
        const sum = [...effects, ...compensations(accepted, effects)];
        expect(total(sum.map(({ amount }) => amount))).toBe(total([...first.values()]));
      }),
    );
  });
});

/** Few keys and many entries, so that duplicates, gaps, strangers and earlier compensations all occur. */
const histories = fc
  .record({
    accepted: fc.array(fc.constantFrom('a', 'b', 'c', 'd')),
    steps: fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd', 'x'),
        amount: fc.integer({ min: 1, max: 1000 }),
        takesBack: fc.option(fc.nat({ max: 30 })),
      }),
      { maxLength: 30 },
    ),
  })
  .map(({ accepted, steps }) => {
    const ledger: LedgerEntry[] = [];
    for (const [index, { key, amount, takesBack }] of steps.entries()) {
      const earlier = takesBack === null ? undefined : ledger[takesBack];
      ledger.push(
        earlier?.kind === 'effect'
          ? compensationOf(earlier, `c${index}`, 'earlier recovery')
          : { ...effect(`e${index}`, key), amount },
      );
    }
    return { accepted: accepted.map(job), ledger };
  });

function compensations(accepted: readonly Job[], ledger: readonly LedgerEntry[]): LedgerEntry[] {
  const surplus = findDivergence(accepted, ledger).duplicated.flatMap((found) => found.surplus);
  return surplus.map((entry) => compensationOf(entry, `back-${entry.entry}`, 'reconciler'));
}

function job(key: string): Job {
  return readJob({ key, correlationId: 'flow', causationId: 'order', amount: 5 });
}

function effect(entry: string, key: string): LedgerEntry {
  return { entry, key, kind: 'effect', amount: 5, by: 'worker-1' };
}

function total(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
