import { describe, expect, it } from 'vitest';

import { deliveredExactly } from './delivered-exactly.ts';
import { jobsOf } from './fill-queue.ts';
import { planBlocks, summarise, type ThroughputRun } from './measure-throughput.ts';
import { cpuMsIn } from './process-cpu.ts';
import { variants, type VariantName } from './variants.ts';

const exact = {
  jobs: 1,
  effects: 1,
  missing: 0,
  repeated: 0,
  wrong: 0,
  leftOver: 0,
  exact: true,
};

function ranAt(block: number, variant: VariantName, jobsPerS: number): ThroughputRun {
  return {
    block,
    transport: 'rabbitmq',
    variant,
    jobsPerS,
    delivery: exact,
    cpuUsPerJob: 50,
    historyBytes: 0,
  };
}

describe('the plan of a throughput benchmark', () => {
  it('has every variant once in every block, in an order that turns', () => {
    const plan = planBlocks({ transports: ['rabbitmq', 'bullmq'], times: 6 });
    expect(plan).toHaveLength(6 * 2 * variants.length);
    const orders = Array.from({ length: 6 }, (_, block) =>
      plan
        .filter((run) => run.block === block && run.transport === 'rabbitmq')
        .map(({ variant }) => variant.name),
    );
    for (const order of orders) expect(new Set(order).size).toBe(variants.length);
    expect(new Set(orders.map(String)).size).toBe(6);
  });
});

describe('the summary', () => {
  it('takes ratios within a block, not between medians', () => {
    const runs = [
      ranAt(0, 'unguarded', 100),
      ranAt(0, 'guarded', 90),
      ranAt(1, 'unguarded', 1000),
      ranAt(1, 'guarded', 950),
      ranAt(2, 'unguarded', 10),
      ranAt(2, 'guarded', 9.9),
    ];
    const { ratios } = summarise(['rabbitmq'], runs);
    const ratio = ratios.find(({ name }) => name === 'guarded / unguarded');
    expect(ratio).toMatchObject({ median: 0.95, lowest: 0.9, highest: 0.99, n: 3, goal: 0.92 });
  });

  it('leaves a run that did not deliver exactly out of every figure, and says so', () => {
    const bad = { ...ranAt(1, 'guarded', 5), delivery: { ...exact, missing: 1, exact: false } };
    const runs = [
      ranAt(0, 'unguarded', 100),
      ranAt(0, 'guarded', 90),
      ranAt(1, 'unguarded', 100),
      bad,
    ];
    const summary = summarise(['rabbitmq'], runs);
    expect(summary.exact).toBe(false);
    expect(summary.rates.find(({ variant }) => variant === 'guarded')).toMatchObject({
      n: 1,
      median: 90,
    });
    expect(summary.ratios[0]).toMatchObject({ n: 1 });
  });
});

describe('exact delivery', () => {
  const jobs = jobsOf(3);

  it('is every job once, with its amount, and nothing left over', () => {
    expect(deliveredExactly(jobs, jobs, 0)).toMatchObject({ exact: true, effects: 3 });
  });

  it('is broken by a job missing, repeated, unknown, of another amount, or left over', () => {
    const [first, second, third] = jobs;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('no jobs');
    expect(deliveredExactly(jobs, [first, second], 0)).toMatchObject({ exact: false, missing: 1 });
    expect(deliveredExactly(jobs, [...jobs, first], 0)).toMatchObject({
      exact: false,
      repeated: 1,
    });
    expect(deliveredExactly(jobs, [...jobs, { key: 'x', amount: 1 }], 0)).toMatchObject({
      exact: false,
      wrong: 1,
    });
    expect(deliveredExactly(jobs, [first, second, { ...third, amount: -1 }], 0)).toMatchObject({
      exact: false,
      wrong: 1,
    });
    expect(deliveredExactly(jobs, jobs, 1)).toMatchObject({ exact: false, leftOver: 1 });
  });
});

describe('the CPU of a process', () => {
  it('is read behind a name that may hold spaces and parentheses', () => {
    const stat = '42 (no de) x) S 1 42 42 0 -1 4194304 9 0 0 0 120 30 0 0 20 0 11 0 5 6 7';
    expect(cpuMsIn(stat)).toBe(1500);
    expect(cpuMsIn('nonsense')).toBeNull();
  });
});
