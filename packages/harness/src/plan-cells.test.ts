import { ordersOf } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { struckKey } from './cell-plan.ts';
import { defineFailureMode, type FaultScript, type StrikeExperiment } from './failure-mode.ts';
import { planCells, planDigest, type PlanOptions } from './plan-cells.ts';

const script: FaultScript = {
  point: 'before the ack',
  holdAt: {
    server: 'redis',
    frame: (guard) => ({
      direction: 'up',
      means: guard === 'none' ? 'effect' : 'claim',
      where: () => true,
    }),
  },
  fault: () => {
    throw new Error('not struck here');
  },
  lastsMs: 1,
  strike: () => Promise.resolve(),
};

const experiment: StrikeExperiment = {
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
      worker: { LOCK_DURATION_MS: '2000' },
    },
  ],
  guard: 'atomic-claim',
  prevent: [{ fault: 'ack lost', guardMustAct: true, because: 'yes' }],
  mutants: [],
};

const mode = defineFailureMode({
  id: 'FM_999_example',
  title: 'Example',
  summary: 'Example.',
  breaks: 'INV_001',
  judged: ['INV_001'],
  determinism: 'D1',
  experiments: { rabbitmq: experiment, bullmq: experiment },
});

function specs(options: Partial<PlanOptions> = {}) {
  const plans = planCells({ mode, transports: ['rabbitmq', 'bullmq'], seed: 7, ...options });
  return plans.map(({ spec }) => spec);
}

function specOf(id: string, options: Partial<PlanOptions> = {}) {
  const found = specs(options).find((spec) => spec.id === id);
  if (found === undefined) throw new Error(`no cell ${id}`);
  return found;
}

describe('a plan has as data', () => {
  test('what is ordered of the producer, run by run', () => {
    expect(specOf('rabbitmq/control').orders).toEqual(ordersOf(8, 7));
    expect(specOf('rabbitmq/reproduce#003', { repeat: 3 }).orders).toEqual(ordersOf(8, 9));
  });

  test('how often a job may fail before it may be given up', () => {
    expect(specOf('rabbitmq/control').attempts).toBe(2);
    expect(specOf('rabbitmq/placebo/attempts-1').attempts).toBe(2); // only BullMQ counts them
    expect(specOf('bullmq/control').attempts).toBe(3);
    expect(specOf('bullmq/placebo/attempts-1').attempts).toBe(1);
  });

  test('how long a lease lasts, where there is one', () => {
    expect(specOf('rabbitmq/control').leaseMs).toBeUndefined();
    expect(specOf('bullmq/control').leaseMs).toBe(1000);
    expect(specOf('bullmq/placebo/attempts-1').leaseMs).toBe(2000);
  });

  test('where the wire is held, for the guard that is on trial', () => {
    const key = struckKey({ jobs: 8, seed: 7 });
    const point = { server: 'redis', direction: 'up', key };
    expect(specOf('rabbitmq/reproduce').strikeAt).toEqual({ ...point, means: 'effect' });
    expect(specOf('rabbitmq/prevent/ack-lost').strikeAt).toEqual({ ...point, means: 'claim' });
  });

  test('no such point where nothing is held', () => {
    expect(specOf('rabbitmq/control').strikeAt).toBeUndefined();
    expect(specOf('rabbitmq/reproduce', { steered: false }).strikeAt).toBeUndefined();
  });
});

test('a guard must act exactly where the bundle says so', () => {
  const must = specs().filter(({ guardMustAct }) => guardMustAct);
  expect(must.map(({ id }) => id)).toEqual([
    'rabbitmq/prevent/ack-lost',
    'bullmq/prevent/ack-lost',
  ]);
});

test('the digest of a plan is one of all that is in it', () => {
  const all = specs();
  expect(planDigest(specs())).toBe(planDigest(all));
  expect(planDigest(all.slice(1))).not.toBe(planDigest(all));
  expect(planDigest(all.map((spec) => ({ ...spec, guardMustAct: false })))).not.toBe(
    planDigest(all),
  );
});
