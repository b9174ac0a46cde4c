import { describe, expect, test } from 'vitest';

import { struckKey } from './cell-plan.ts';
import { defineFailureMode, type FaultScript } from './failure-mode.ts';
import { planGrid, planMutants } from './grid.ts';

const script: FaultScript = {
  point: 'before the ack',
  holdAt: { server: 'rabbitmq', frame: () => ({ direction: 'up', means: 'settle' }) },
  fault: () => {
    throw new Error('not struck here');
  },
  lastsMs: 1,
  strike: () => Promise.resolve(),
};

const mode = defineFailureMode({
  id: 'FM_999_example',
  title: 'Example',
  summary: 'Example.',
  breaks: 'INV_001',
  judged: ['INV_001', 'INV_004', 'INV_005', 'INV_006'],
  determinism: 'D1',
  experiments: {
    rabbitmq: {
      kind: 'strike',
      jobs: 8,
      livenessLimitMs: 1000,
      faults: { 'ack lost': script },
      reproduce: { fault: 'ack lost', violates: ['INV_001'] },
      placebos: [
        {
          name: 'attempts: 1',
          guard: 'none',
          fault: 'ack lost',
          violates: ['INV_001'],
          because: 'no',
          producer: { ATTEMPTS: '1' },
        },
      ],
      guard: 'atomic-claim',
      prevent: [{ fault: 'ack lost', guardMustAct: true, because: 'yes' }],
      mutants: [
        {
          name: 'split-claim',
          guard: 'split-claim',
          fault: 'ack lost',
          violates: ['INV_006'],
          because: 'split',
        },
      ],
    },
  },
});

describe('the grid of a bundle', () => {
  const cells = planGrid(mode, 'rabbitmq', 7);
  const cell = (role: string) => cells.find(({ spec }) => spec.role === role);

  test('has every control', () => {
    expect(cells.map(({ spec }) => spec.id)).toEqual([
      'rabbitmq/control',
      'rabbitmq/reproduce',
      'rabbitmq/placebo/attempts-1',
      'rabbitmq/prevent/ack-lost',
      'rabbitmq/guard-control',
      'rabbitmq/recover',
    ]);
  });

  test('allows only the named invariants to be violated', () => {
    expect(cell('reproduce')?.spec.expected).toEqual({
      INV_001: 'violated',
      INV_005: 'holds',
      INV_006: 'holds',
    });
    expect(cell('recover')?.spec.expected).toMatchObject({
      INV_001: 'restored',
      INV_004: 'holds',
    });
  });

  test('asks nothing that cannot be answered where no fault strikes', () => {
    expect(cell('control')?.spec.expected).toEqual({ INV_001: 'holds', INV_006: 'holds' });
    expect(cell('control')?.spec.faultPoint).toBeNull();
  });

  test('shows a placebo by its name and runs it with its settings', () => {
    expect(cell('placebo')).toMatchObject({
      spec: { guard: 'attempts: 1' },
      worker: { GUARD: 'none' },
      producer: { ATTEMPTS: '1' },
    });
  });

  test('keeps the broken guards apart', () => {
    const mutants = planMutants(mode, 'rabbitmq', 7);
    expect(mutants.map(({ spec }) => spec.id)).toEqual(['rabbitmq/mutant/split-claim']);
    expect(mutants[0]?.spec.expected).toEqual({ INV_001: 'holds', INV_006: 'violated' });
  });

  test('says what a bundle has when asked for what it has not', () => {
    expect(() => planGrid(mode, 'bullmq', 7)).toThrow('no experiment on bullmq; it has: rabbitmq');
  });
});

test("the struck job is the seed's choice, never the first or the last quarter", () => {
  const keys = Array.from({ length: 40 }, (_, seed) => struckKey({ jobs: 24, seed }));
  expect(new Set(keys).size).toBe(12);
  expect(keys.toSorted()[0]).toBe('job-0007');
  expect(keys.toSorted().at(-1)).toBe('job-0018');
  expect(struckKey({ jobs: 1, seed: 5 })).toBe('job-0001');
});
