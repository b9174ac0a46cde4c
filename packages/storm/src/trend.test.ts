import { streamOf } from '@lab/workload';
import { describe, expect, test } from 'vitest';

import { driftOf, trendOf, without } from './trend.ts';

/** Roughly normal, of mean 0 and standard deviation 1. */
function noise(seed: number): () => number {
  const draw = streamOf(seed, 'noise');
  return () => Array.from({ length: 12 }, () => draw()).reduce((sum, one) => sum + one, -6);
}

function walk(seed: number, steps: number): number[] {
  const step = noise(seed);
  let at = 0;
  return Array.from({ length: steps }, () => (at += step()));
}

describe('the trend', () => {
  test('of a straight line is its step, and its bounds meet there', () => {
    const line = Array.from({ length: 41 }, (_, window) => 3 * window);
    expect(trendOf(line)).toEqual({ mean: 3, low: 3, high: 3 });
  });

  test('is of the last readings, in eight blocks as long as they can be', () => {
    const readings = [-1000, ...Array.from({ length: 25 }, (_, window) => 2 * window)];
    expect(trendOf(readings)?.mean).toBe(2);
  });

  test('of fewer than nine readings is not known', () => {
    expect(trendOf([1, 2, 3, 4, 5, 6, 7, 8])).toBeNull();
    expect(trendOf([1, 2, 3, 4, 5, 6, 7, 8, 9])?.mean).toBe(1);
  });

  test('of a random walk, which has none, is said to be one in about 5 of 100', () => {
    const wrong = Array.from({ length: 2000 }, (_, seed) => trendOf(walk(seed, 49))).filter(
      (trend) => trend !== null && (trend.low > 0 || trend.high < 0),
    );
    expect(wrong.length / 2000).toBeGreaterThan(0.03);
    expect(wrong.length / 2000).toBeLessThan(0.07);
  });
});

describe('the drift', () => {
  test('of a level that only swings has bounds about nought, far closer than those of its trend', () => {
    const swing = noise(7);
    const readings = Array.from({ length: 109 }, () => 500 + 10 * swing());
    const drift = driftOf(readings);
    const trend = trendOf(readings);
    expect(drift?.low).toBeLessThan(0);
    expect(drift?.high).toBeGreaterThan(0);
    expect((drift?.high ?? 0) - (drift?.low ?? 0)).toBeLessThan(
      0.3 * ((trend?.high ?? 0) - (trend?.low ?? 0)),
    );
  });

  test('of too few values is not known', () => {
    expect(driftOf(Array.from({ length: 15 }, () => 1))).toBeNull();
  });
});

describe('what a known cause explains', () => {
  test('is taken out, and the drift stays', () => {
    const [coming, rest] = [noise(3), noise(4)];
    const cause = Array.from({ length: 100 }, () => 120 + 11 * coming());
    const level = cause.map((jobs, window) => jobs + 0.2 * window + rest());
    const [raw, adjusted] = [driftOf(level), driftOf(without(cause, level))];
    expect(adjusted?.mean).toBeCloseTo(0.2, 1);
    expect((adjusted?.high ?? 0) - (adjusted?.low ?? 0)).toBeLessThan(
      0.25 * ((raw?.high ?? 0) - (raw?.low ?? 0)),
    );
  });

  test('is nothing where the cause is always the same', () => {
    expect(without([5, 5, 5], [1, 2, 4])).toEqual([1, 2, 4]);
  });
});
