import { describe, expect, test } from 'vitest';

import { estimateMs, type PlannedCell } from './plan.ts';
import { settingOf } from './planned-load.ts';
import { planStorm, type StormRequest } from './profile.ts';

const plan = (request: Partial<StormRequest> = {}) =>
  planStorm({ profile: 'fast', mayRestart: false, ...request });

const blocksOf = (cells: readonly PlannedCell[]): PlannedCell[][] => [
  ...Map.groupBy(cells, ({ block }) => block).values(),
];

describe('a block', () => {
  const blocks = blocksOf(plan({ profile: 'full' }).cells);

  test('offers the same jobs to all of its cells', () => {
    for (const cells of blocks) expect(new Set(cells.map(({ load }) => load.seed)).size).toBe(1);
  });

  const untroubled = (cells: readonly PlannedCell[]): boolean =>
    ['ramp', 'cost'].includes(cells[0]?.study ?? '');

  test('has a no-retry control under the trigger and a load that nothing troubles', () => {
    for (const cells of blocks.filter((block) => !untroubled(block))) {
      const controls = cells.filter(({ role }) => role === 'no-retry');
      expect(controls.map(({ load }) => load.policy)).toEqual(['none']);
      expect(controls[0]?.load.trigger).not.toBe('none');
      const quiet = cells.filter(({ role }) => role === 'null-trigger');
      expect(quiet.map(({ load }) => load.trigger)).toEqual(['none']);
    }
  });

  test('of a study without a trigger has the policy that never retries', () => {
    const quiet = blocks.filter(untroubled);
    expect(quiet.length).toBeGreaterThan(0);
    for (const cells of quiet) {
      expect(cells.every(({ load }) => load.trigger === 'none')).toBe(true);
      expect(cells.some(({ load }) => load.policy === 'none')).toBe(true);
    }
  });

  test('has its cells in an order of its own that the seed decides', () => {
    const [first = [], second = []] = blocksOf(plan({ seeds: 2 }).cells);
    const order = (cells: readonly PlannedCell[]): string[] =>
      cells.map(({ id }) => id.replace(/\/s\d+$/, ''));
    expect(order(first)).not.toEqual(order(second));
    expect(order(first).toSorted()).toEqual(order(second).toSorted());
    expect(plan({ seeds: 2 })).toEqual(plan({ seeds: 2 }));
  });
});

describe('what was asked for', () => {
  test('the demonstration shows collapse, recovery and the control', () => {
    const { cells, calibrations } = plan({ profile: 'demo' });
    expect(cells.map(({ id }) => id).toSorted()).toEqual([
      'policies/immediate-untroubled/s1',
      'policies/immediate/s1',
      'policies/none/s1',
      'policies/token-bucket/s1',
    ]);
    expect(calibrations).toHaveLength(1);
  });

  test('policies are the named ones and the controls', () => {
    const { cells } = plan({ policies: ['immediate', 'grpc'], seeds: 1 });
    expect(new Set(cells.map(({ load }) => load.policy))).toEqual(
      new Set(['immediate', 'grpc', 'none']),
    );
  });

  test('a sweep of rho and D is a map of every pair', () => {
    const { cells } = plan({ sweep: ['rho', 'D'], seeds: 1 });
    const subjects = cells.filter(({ role }) => role === 'subject');
    const pairs = new Set(subjects.map(({ load }) => `${load.rho} ${load.triggerMs}`));
    expect(pairs.size).toBe(25);
    expect(cells.every(({ study }) => study === 'map')).toBe(true);
  });

  test('a sweep of rho alone lies about 1 / n', () => {
    const { cells } = plan({ sweep: ['rho'], attempts: 2, seeds: 1 });
    const rhos = cells.filter(({ role }) => role === 'subject').map(({ load }) => load.rho);
    expect(rhos.toSorted((a, b) => a - b)).toEqual([0.4, 0.45, 0.5, 0.55, 0.6]);
  });

  test('a sweep of K goes from below to above mu T', () => {
    const { cells } = plan({ sweep: ['K'], policies: ['bounded-queue-reject'], seeds: 1 });
    const bounds = cells
      .filter(({ role }) => role === 'subject')
      .map(({ load }) => settingOf(load, 500).queueBound);
    expect(bounds.toSorted((a, b) => Number(a) - Number(b))).toEqual([
      60, 80, 90, 100, 110, 120, 150,
    ]);
  });

  test('a sweep of W has a pool', () => {
    const { cells } = plan({ sweep: ['W'], seeds: 1 });
    expect(cells.every(({ load }) => settingOf(load, 500).concurrency !== null)).toBe(true);
  });

  test('the broker is killed only where this run started it, and then nothing else runs', () => {
    const refused = plan({ profile: 'full', studies: ['triggers'] });
    expect(refused.cells.some(({ load }) => load.trigger === 'restart')).toBe(false);
    expect(refused.leftOut).toEqual([expect.stringContaining('kills RabbitMQ')]);
    const allowed = plan({ profile: 'full', studies: ['triggers'], mayRestart: true });
    const restarts = allowed.cells.filter(({ load }) => load.trigger === 'restart');
    expect(restarts.length).toBeGreaterThan(0);
    expect(restarts.every(({ alone }) => alone)).toBe(true);
  });
});

describe('budget', () => {
  test('sixteen policies and ten seeds at full length take less than 15 minutes, 6 side by side', () => {
    const policies = plan({ profile: 'full', studies: ['policies'] }).cells.map(
      ({ load }) => load.policy,
    );
    const sixteen = [...new Set(policies)].slice(0, 16);
    const asked = plan({ profile: 'full', studies: ['policies'], policies: sixteen, seeds: 10 });
    expect(estimateMs(asked, 6)).toBeLessThan(15 * 60_000);
  });

  test('the whole of full takes less than half an hour, 6 side by side', () => {
    expect(estimateMs(plan({ profile: 'full' }), 6)).toBeLessThan(30 * 60_000);
  });
});

describe('refusals', () => {
  test.each<[Partial<StormRequest>, RegExp]>([
    [{ policies: ['imediate'] }, /no policy is named "imediate"; there are: none, immediate/],
    [{ profile: 'demo', sweep: ['K'] }, /demo shows policies side by side.*--profile fast/],
    [{ sweep: ['K', 'W'] }, /--sweep K runs by itself/],
    [
      { sweep: ['K'], policies: ['immediate'] },
      /policy immediate has none; take --policies bounded/,
    ],
    [{ topology: 'rpc', transport: 'bullmq' }, /rpc has none; take --topology in-slot, re-enqueue/],
    [{ topology: 'rpc', sweep: ['W'] }, /rpc has none; take --topology/],
    [{ trigger: 'restart' }, /only done to brokers that this run starts/],
    [{ trigger: 'outage' }, /goes with --topology layers/],
    [{ topology: 'layers', trigger: 'stall' }, /--trigger outage, not stall/],
    [{ topology: 'lease', policies: ['grpc'] }, /grpc means nothing in topology lease/],
    [{ policies: ['in-slot-jitter'] }, /it acts in: in-slot/],
  ])('%j', (request, message) => {
    expect(() => plan(request)).toThrow(message);
  });
});
