import { plainLoad } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { defineFailureMode, type LoadExperiment } from '../failure-mode.ts';
import { planGrid, planMutants } from '../grid.ts';
import { NothingToSteer, planCells } from '../plan-cells.ts';

const experiment: LoadExperiment = {
  kind: 'load',
  setting: {
    topology: 'rpc',
    slots: 8,
    serviceMs: 40,
    capacityPerS: 200,
    offeredPerS: 140,
    timeoutMs: 500,
    attempts: 4,
    clients: 10,
    warmUpMs: 3000,
    triggerMs: 2000,
    observeMs: 10_000,
    ...plainLoad,
  },
  faults: { stall: { trigger: 'stall', point: 'the server stands still' } },
  reproduce: { policy: 'immediate', fault: 'stall', violates: ['INV_009', 'INV_011'] },
  controls: [{ policy: 'none', fault: 'stall', because: 'no retry' }],
  placebos: [
    {
      name: 'more attempts',
      policy: 'immediate',
      fault: 'stall',
      violates: ['INV_011'],
      because: 'more',
      change: { attempts: 8 },
    },
  ],
  prevent: [{ policy: 'token-bucket', fault: 'stall', guardMustAct: true, because: 'paid for' }],
  mutants: [
    {
      name: 'long queue',
      policy: 'bounded-queue-reject',
      fault: 'stall',
      violates: ['INV_011'],
      because: 'too long',
      change: { queueBound: 1000 },
    },
  ],
  recover: { observeMs: 20_000 },
  livenessLimitMs: 7000,
  workLimit: 2,
};

const mode = defineFailureMode({
  id: 'FM_999_load',
  title: 'Load',
  summary: 'Load.',
  breaks: 'INV_011',
  judged: ['INV_004', 'INV_009', 'INV_011'],
  determinism: 'D0',
  experiments: { rabbitmq: experiment },
});

describe('the grid of a load', () => {
  const cells = planGrid(mode, 'rabbitmq', 7);
  const specOf = (id: string) => cells.find(({ spec }) => spec.id === id)?.spec;

  test('has every control, one of them without retries under the trigger', () => {
    expect(cells.map(({ spec }) => [spec.id, spec.guard, spec.load?.trigger])).toEqual([
      ['rabbitmq/control', 'immediate', 'none'],
      ['rabbitmq/control/none', 'none', 'stall'],
      ['rabbitmq/reproduce', 'immediate', 'stall'],
      ['rabbitmq/placebo/more-attempts', 'more attempts', 'stall'],
      ['rabbitmq/prevent/token-bucket/stall', 'token-bucket', 'stall'],
      ['rabbitmq/guard-control/token-bucket', 'token-bucket', 'none'],
      ['rabbitmq/recover', 'immediate', 'stall'],
    ]);
  });

  test('expects of each what its entry says', () => {
    expect(specOf('rabbitmq/control')?.expected).toEqual({ INV_009: 'holds', INV_011: 'holds' });
    expect(specOf('rabbitmq/reproduce')?.expected).toEqual({
      INV_009: 'violated',
      INV_011: 'violated',
    });
    expect(specOf('rabbitmq/recover')?.expected).toEqual({
      INV_004: 'holds',
      INV_009: 'restored',
      INV_011: 'restored',
    });
    expect(specOf('rabbitmq/prevent/token-bucket/stall')).toMatchObject({
      guardMustAct: true,
      livenessLimitMs: 7000,
      workLimit: 2,
    });
  });

  test('offers the same jobs in every cell, and changes in a trial what the trial changes', () => {
    const seeds = new Set(cells.map(({ spec }) => spec.load?.seed));
    expect(seeds).toEqual(new Set([7]));
    const jobs = cells.filter(({ spec }) => spec.role !== 'recover').map(({ spec }) => spec.jobs);
    expect(new Set(jobs).size).toBe(1);
    expect(specOf('rabbitmq/placebo/more-attempts')?.load?.attempts).toBe(8);
    expect(specOf('rabbitmq/recover')?.load?.observeMs).toBe(20_000);
    expect(planMutants(mode, 'rabbitmq', 7)[0]?.spec.load?.queueBound).toBe(1000);
  });

  test('is repeated with seeds that count up, other jobs each time', () => {
    const again = planCells({ mode, seed: 7, transports: ['rabbitmq'], repeat: 3 });
    expect(again.map(({ spec }) => [spec.role, spec.seed, spec.load?.seed])).toEqual([
      ['reproduce', 7, 7],
      ['reproduce', 8, 8],
      ['reproduce', 9, 9],
      ['prevent', 7, 7],
      ['prevent', 8, 8],
      ['prevent', 9, 9],
    ]);
    expect(new Set(again.map(({ spec }) => spec.jobs)).size).toBe(3);
  });

  test('cannot be run unsteered', () => {
    const unsteered = () => planCells({ mode, seed: 7, transports: ['rabbitmq'], steered: false });
    expect(unsteered).toThrow(NothingToSteer);
    expect(unsteered).toThrow('FM_999_load on rabbitmq is a load');
  });
});
