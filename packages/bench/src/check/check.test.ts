import { eventBodySchema } from '@lab/contract/schemas';
import { judgeRun } from '@lab/invariants';
import { describe, expect, it } from 'vitest';

import { generateHistory } from './generated-history.ts';
import { foundAll, slope } from './measure-check.ts';

describe('a generated history', () => {
  const generated = generateHistory(2000);
  const history = [...generated.lines()];

  it('has as many events as it says, numbered, and each is one of the contract', () => {
    expect(history).toHaveLength(generated.events);
    expect(Math.abs(generated.events - 2000)).toBeLessThan(20);
    history.forEach(({ seq, t: _t, cell: _cell, source: _source, ...body }, index) => {
      expect(seq).toBe(index);
      expect(eventBodySchema.parse(body)).toEqual(body);
    });
  });

  it('has in it what the judge then finds, and nothing else', () => {
    const [cell] = judgeRun(history).cells;
    const keysOf = (invariant: string) => {
      const finding = cell?.findings.find((judged) => judged.invariant === invariant)?.finding;
      return finding?.state === 'violated' ? finding.witnesses.map(({ key }) => key) : [];
    };
    expect(generated.duplicated).toHaveLength(3);
    const found = {
      events: history.length,
      duplicated: keysOf('INV_001'),
      lost: keysOf('INV_006'),
    };
    expect(foundAll(found, generated)).toBe(true);
    expect(foundAll({ ...found, lost: [] }, generated)).toBe(false);
    expect(foundAll({ ...found, duplicated: [...found.duplicated, 'job-x'] }, generated)).toBe(
      false,
    );
  });

  it('asks for enough events to plant anything in', () => {
    expect(() => generateHistory(50)).toThrow('50 events are too few; at least');
  });
});

describe('the slope', () => {
  it('is 1 for what grows in proportion, 2 for what grows as the square', () => {
    const at = [1e5, 1e6, 1e7];
    expect(slope(at.map((n) => [n, n / 3e6]))).toBeCloseTo(1, 9);
    expect(slope(at.map((n) => [n, n * n]))).toBeCloseTo(2, 9);
    expect(slope([[10, 1]])).toBeNull();
  });
});
