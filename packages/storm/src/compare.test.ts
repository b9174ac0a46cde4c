import { describe, expect, test } from 'vitest';

import { compareResults } from './compare.ts';
import type { LoadVerdict, StormCell, StormResult } from './result.ts';
import { short, stormCell, stormResult } from './testing/result.ts';

const plain = stormCell({ study: 'policies', setting: {} });
const seeds = Array.from({ length: 10 }, (_, index) => index + 1);

function cellsOf(
  policy: string,
  verdict: LoadVerdict,
  changes: Partial<StormCell['setting']> = {},
): StormCell[] {
  return seeds.map((seed) => ({
    ...plain,
    id: `${policy} ${seed}`,
    block: seed,
    setting: { ...short, policy, seed, ...changes },
    measured: { ...plain.model, verdict, recoveryMs: verdict === 'recovered' ? 2000 : null },
  }));
}

const before = stormResult([...cellsOf('immediate', 'stuck'), ...cellsOf('none', 'recovered')]);

describe('two results', () => {
  test('that are the same differ in nothing', () => {
    const { rows, onlyInA, onlyInB, differences, refusal } = compareResults(before, before);
    expect(rows.map(({ policy, differs, p }) => [policy, differs, p])).toEqual([
      ['immediate', false, 1],
      ['none', false, 1],
    ]);
    expect([onlyInA, onlyInB, differences, refusal]).toEqual([[], [], [], null]);
  });

  test('differ in a policy that came to something else', () => {
    const after = stormResult([
      ...cellsOf('immediate', 'recovered'),
      ...cellsOf('none', 'recovered'),
    ]);
    const { rows, test: told } = compareResults(before, after);
    const [immediate, none] = rows;
    expect(immediate).toMatchObject({
      differs: true,
      a: { stuck: { stuck: 10, n: 10 }, recovery: { medianMs: null }, amplificationOther: null },
      b: { stuck: { stuck: 0, n: 10 }, recovery: { medianMs: 2000 }, amplificationStuck: null },
    });
    expect(none?.differs).toBe(false);
    expect(told).toContain('Fisher');
  });

  test('are matched by dimensionless numbers: another machine, another T, the same load', () => {
    const faster = {
      timeoutMs: 200,
      serviceMs: 16,
      capacityPerS: 500,
      offeredPerS: 350,
      warmUpMs: 1800,
      triggerMs: 800,
      observeMs: 3600,
    };
    const { rows, refusal } = compareResults(
      before,
      stormResult(cellsOf('immediate', 'stuck', faster)),
    );
    expect(refusal).toBeNull();
    expect(rows.map(({ policy }) => policy)).toEqual(['immediate']);
  });

  test('are not compared where the loads are others', () => {
    const other = stormResult(cellsOf('immediate', 'stuck', { offeredPerS: 100 }));
    const { rows, refusal, onlyInA, onlyInB } = compareResults(before, other);
    expect(rows).toEqual([]);
    expect(refusal).toContain('no load in common');
    expect(onlyInA.map(({ policy }) => policy)).toEqual(['immediate', 'none']);
    expect(onlyInB).toMatchObject([{ policy: 'immediate', load: expect.stringContaining('0.50') }]);
  });

  test('are not compared where nothing counts', () => {
    const invalid = stormResult(before.cells.map((cell) => ({ ...cell, valid: false })));
    expect(compareResults(before, invalid).refusal).toBe(
      'the second result has no cell that counts',
    );
  });

  test('tell in which versions, conditions and parameters they differ', () => {
    const policy = (cost: number): StormResult['policies'][number] => ({
      name: 'immediate',
      title: 'immediate',
      family: 'attempts',
      summary: '',
      source: '',
      aMax: 4,
      beta: null,
      reserve: null,
      rhoStar: 0.25,
      parameters: { cost },
    });
    const a = { ...before, policies: [policy(10)] };
    const b = { ...before, policies: [policy(14)], versions: { rabbitmq: '4.1.4', redis: '7.0' } };
    const { rows, differences } = compareResults(a, b);
    expect(differences).toEqual([
      { what: 'versions.rabbitmq', a: '3.10.8', b: '4.1.4' },
      { what: 'versions.redis', a: 'none', b: '7.0' },
    ]);
    expect(rows[0]?.changed).toEqual(['parameters.cost']);
  });
});
