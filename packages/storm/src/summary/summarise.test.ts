import { describe, expect, test, vi } from 'vitest';

import type { LoadVerdict, StormCell, Study } from '../result.ts';
import { short, stormCell, stormResult } from '../testing/result.ts';
import { summarise } from './summarise.ts';

vi.setConfig({ testTimeout: 60_000 }); // simulated minutes, on a host that may be busy

const seeds = [1, 2, 3, 4];

/** Simulated once; what it came to is then said, so that a test says what it is about. */
const plain = stormCell({ study: 'policies', setting: {} });

function cell(
  study: Study,
  setting: Partial<StormCell['setting']>,
  verdict: LoadVerdict = 'stuck',
  changes: Partial<StormCell> = {},
): StormCell {
  const whole = { ...short, ...setting };
  const outcome = (of: LoadVerdict): StormCell['model'] => ({
    ...plain.model,
    verdict: of,
    recoveryMs: of === 'recovered' ? 3000 : null,
    amplificationAfter: of === 'stuck' ? 4.08 : 1,
  });
  return {
    ...plain,
    id: `${study} ${JSON.stringify(setting)}`,
    study,
    block: whole.seed,
    setting: whole,
    measured: outcome(verdict),
    model: outcome(verdict),
    agrees: true,
    law: { ...plain.law, aMax: 4, rhoStar: 0.25, load: (4 * whole.offeredPerS) / 200 },
    ...changes,
  };
}

describe('policies', () => {
  const cells = seeds.flatMap((seed) => [
    cell('policies', { seed, policy: 'immediate' }, seed === 4 ? 'recovered' : 'stuck'),
    cell('policies', { seed, policy: 'none' }, 'recovered'),
    cell('policies', { seed, policy: 'immediate', trigger: 'none' }, 'recovered'),
  ]);
  const { policies } = summarise(stormResult(cells));
  const [immediate, none] = policies;

  test('have a row each, without their null triggers', () => {
    expect(policies.map(({ policy, measured }) => [policy, measured.n])).toEqual([
      ['immediate', 4],
      ['none', 4],
    ]);
  });

  test('are counted, with an interval and a dot for every seed', () => {
    expect(immediate?.measured).toMatchObject({
      stuck: 3,
      recovered: 1,
      draining: 0,
      undecided: 0,
    });
    expect(immediate?.measured.low).toBeCloseTo(0.3006, 3); // Wilson, 3 of 4
    expect(immediate?.seeds.map(({ verdict }) => verdict)).toEqual([
      'stuck',
      'stuck',
      'stuck',
      'recovered',
    ]);
  });

  test('have a median recovery that knows of those who did not', () => {
    expect(immediate?.recovery).toEqual({
      medianMs: null,
      shortestMs: 3000,
      longestMs: 3000,
      censored: 3,
    });
    expect(none?.recovery.medianMs).toBe(3000);
  });

  test('amplify by what the stuck seeds did, beside A_max', () => {
    expect(immediate?.amplificationStuck).toEqual({ median: 4.08, low: 4.08, high: 4.08, n: 3 });
    expect(immediate?.amplificationByAMax?.median).toBeCloseTo(1.02, 10);
    expect(none?.amplificationStuck).toBeNull();
  });

  test('are set beside the control of their own block', () => {
    const poorer = cells.map((each) =>
      each.setting.policy === 'none' && each.block === 2 && each.measured !== null
        ? { ...each, measured: { ...each.measured, succeeded: plain.model.succeeded * 2 } }
        : each,
    );
    const [row] = summarise(stormResult(poorer)).policies;
    expect(row?.successByControl).toEqual({ median: 1, low: 0.5, high: 1, n: 4 });
  });
});

describe('what does not count', () => {
  const gates = [{ name: 'host CPU', rule: 'host CPU <= 0.7', value: 0.9, passed: false }];
  const result = stormResult([
    cell('policies', { seed: 1 }),
    cell('policies', { seed: 2 }, 'recovered', { valid: false, gates }),
    cell('policies', { seed: 3 }, 'recovered', {
      valid: false,
      measured: null,
      ending: 'timed out: the client did not end',
      gates: [],
    }),
  ]);

  test('is in no table', () => {
    const { policies, agreement } = summarise(result);
    expect(policies[0]?.measured).toMatchObject({ n: 1, stuck: 1 });
    expect(agreement.model.n).toBe(1);
  });

  test('is counted and named with its reason', () => {
    expect(summarise(result).validity).toMatchObject({
      ran: 3,
      counted: 1,
      incomplete: 1,
      gated: 1,
      byGate: [{ name: 'host CPU', cells: 1 }],
      invalid: [
        { why: ['host CPU <= 0.7: 0.900'] },
        { why: ['timed out: the client did not end'] },
      ],
    });
  });
});

describe('the map', () => {
  const rhos = [0.2, 0.25, 0.3, 0.35];
  const cells = seeds.flatMap((seed) =>
    rhos.flatMap((rho) =>
      [2000, 4000].map((triggerMs) =>
        cell(
          'map',
          { seed, offeredPerS: 200 * rho, triggerMs },
          rho >= (triggerMs === 4000 ? 0.3 : 0.35) ? 'stuck' : 'recovered',
        ),
      ),
    ),
  );
  const { map } = summarise(stormResult([...cells, cell('map', { seed: 1, policy: 'none' })]));

  test('has a point for every load and length', () => {
    expect(map.points).toHaveLength(8);
    expect(map.points.every(({ measured, policy }) => measured.n === 4 && policy !== 'none')).toBe(
      true,
    );
  });

  test('locates rho* between the last recovering and the first stuck load', () => {
    const row = map.rhoStar.find(({ triggerMs }) => triggerMs === 4000);
    expect(row).toMatchObject({ predicted: 0.25, lastRecovering: 0.25, firstStuck: 0.3 });
    expect(row?.located).toBeCloseTo(0.275, 10);
    expect(row?.off).toBeCloseTo(0.025, 10);
  });

  test('has rho50 and D50 from the bracket where seeds agree', () => {
    const rho50 = map.rho50.find(({ triggerMs }) => triggerMs === 4000);
    expect(rho50?.half).toMatchObject({ seeds: 4, point: { kind: 'bracket' } });
    expect(rho50?.half.point?.at).toBeCloseTo(0.275, 10);
    expect(rho50?.half.low).toBeCloseTo(0.275, 10);
    const d50 = map.d50.find(({ rho }) => rho === 0.3);
    expect(d50?.half.point).toEqual({ kind: 'bracket', at: 3000, low: 2000, high: 4000 });
    expect(map.d50.find(({ rho }) => rho === 0.2)?.half).toMatchObject({
      point: { kind: 'above', at: 4000 },
      low: null,
      high: null,
    });
  });

  test('widens the interval where seeds differ, the same at every look', () => {
    const mixed = seeds.flatMap((seed) =>
      [1000, 2000, 3000, 4000, 5000].map((triggerMs) =>
        cell('map', { seed, triggerMs }, triggerMs >= 1000 * seed + 500 ? 'stuck' : 'recovered'),
      ),
    );
    const half = () => summarise(stormResult(mixed)).map.d50[0]?.half;
    expect(half()).toEqual(half());
    expect(half()?.point).toMatchObject({ kind: 'fit' });
    expect(half()?.point?.at).toBeCloseTo(3000, -2);
    expect(half()?.low ?? Infinity).toBeLessThan(2500);
    expect(half()?.high ?? -Infinity).toBeGreaterThan(3500);
  });
});

test('sweeps flip where half of the seeds stick, in parts of mu T', () => {
  const bounded = seeds.flatMap((seed) =>
    [80, 100, 120].map((queueBound) =>
      cell('bound', { seed, queueBound }, queueBound > 100 ? 'stuck' : 'recovered'),
    ),
  );
  const pooled = seeds.flatMap((seed) =>
    [80, 120].map((concurrency) =>
      cell(
        'pool',
        { seed, topology: 'in-slot', concurrency },
        concurrency > 100 ? 'stuck' : 'recovered',
      ),
    ),
  );
  const { bound, pool } = summarise(stormResult([...bounded, ...pooled]));
  expect(bound).toHaveLength(1);
  expect(bound[0]?.points.map(({ overMuT, measured }) => [overMuT, measured.stuck])).toEqual([
    [0.8, 0],
    [1, 0],
    [1.2, 4],
  ]);
  expect(bound[0]?.half.point?.at).toBeCloseTo(1.1, 10);
  expect(pool[0]?.half.point?.at).toBeCloseTo(1, 10);
});

test('cost is success and load, set beside none of the same block', () => {
  const cells = [1, 2].flatMap((seed) =>
    ['none', 'immediate'].map((policy) =>
      stormCell({
        study: 'cost',
        setting: { seed, policy, failureRate: 0.3, offeredPerS: 60, trigger: 'none' },
      }),
    ),
  );
  const [none, immediate] = summarise(stormResult(cells)).cost;
  expect(none).toMatchObject({ policy: 'none', successGained: { low: 0, high: 0 } });
  expect(immediate?.success?.median).toBeGreaterThan(0.97); // 1 - 0.3^4, and a few under way at the end
  expect(immediate?.loadByNone?.median).toBeCloseTo((1 - 0.3 ** 4) / 0.7, 1);
  expect(immediate?.successGained?.median).toBeCloseTo(1 - 0.3 ** 4 - 0.7, 1);
});

test('layers count attempts at the last hop while the outage lasts', () => {
  // Ten jobs a window, each with nine attempts; half of a job's attempts are made in the window after its own.
  const series = {
    offered: [10, 10, 10, 10, 10, 10, 10],
    succeeded: [10, 10, 0, 0, 0, 10, 10],
    failed: [0, 0, 5, 10, 10, 5, 0],
    reached: [10, 10, 45, 90, 90, 45, 10],
  };
  const layered = cell(
    'layers',
    { topology: 'layers', trigger: 'outage', hops: 2, attempts: 3 },
    'recovered',
    {
      series,
      windowMs: 1000,
      trigger: { label: 'outage', onMs: 1900, offMs: 5000, applied: 'cut' },
      attemptsByHop: [100, 300],
    },
  );
  const [row] = summarise(stormResult([layered])).layers;
  expect(row).toMatchObject({ hops: 2, predicted: 9, attemptsByHop: [100, 300] });
  expect(row?.measured?.median).toBe(9);
  expect(row?.byPredicted?.median).toBe(1);
});

test('latencies of open and closed loops are compared within their block', () => {
  const timing = (p99: number): StormCell['timings'] => [
    {
      of: 'job',
      part: 'after',
      count: 10,
      censored: 1,
      meanMs: 1,
      maxMs: p99,
      percentiles: [
        [50, 2],
        [99, p99],
      ],
    },
  ];
  const cells = [1, 2].flatMap((seed) => [
    cell('latency', { seed }, 'stuck', { timings: timing(100 * seed) }),
    cell('latency', { seed, closedCallers: 8 }, 'stuck', { timings: timing(10) }),
  ]);
  const [open, closed] = summarise(stormResult(cells)).latency;
  expect(open).toMatchObject({ loop: 'open', count: 20, censored: 2, openByClosedP99: null });
  expect(open?.p99Ms).toEqual({ median: 150, low: 100, high: 200, n: 2 });
  expect(closed?.openByClosedP99).toEqual({ median: 15, low: 10, high: 20, n: 2 });
});

describe('agreement', () => {
  const wrong = (verdict: LoadVerdict): Partial<StormCell> => ({
    model: { ...plain.model, verdict },
    agrees: false,
  });
  const cells = [
    cell('policies', { seed: 1 }),
    cell('policies', { seed: 2 }, 'stuck', wrong('recovered')),
    cell('map', { seed: 3, offeredPerS: 52 }, 'recovered', wrong('stuck')), // rho A_max = 1.04
    cell('policies', { seed: 4, trigger: 'none' }, 'recovered'),
  ];
  const { agreement } = summarise(stormResult(cells));

  test('counts cells that something troubles, and those away from the edge apart', () => {
    expect(agreement.model).toMatchObject({ k: 1, n: 3 });
    expect(agreement.modelAwayFromEdge).toMatchObject({ k: 1, n: 2 });
  });

  test('names those that disagree', () => {
    expect(agreement.disagreeing).toMatchObject([
      { seed: 2, measured: 'stuck', model: 'recovered', nearEdge: false },
      { seed: 3, measured: 'recovered', model: 'stuck', load: 1.04, nearEdge: true },
    ]);
  });
});

test('amplification and recovery have a point for every cell they speak of', () => {
  const cells = [
    cell('policies', { seed: 1 }),
    cell('policies', { seed: 1, policy: 'none' }, 'recovered', {
      law: { ...plain.law, recoveryMs: 2500 },
    }),
    cell('policies', { seed: 2, policy: 'none' }, 'draining', {
      law: { ...plain.law, recoveryMs: 9500 },
    }),
  ];
  const { amplification, recovery } = summarise(stormResult(cells));
  expect(amplification).toMatchObject([{ policy: 'immediate', aMax: 4, measured: 4.08 }]);
  expect(recovery).toMatchObject([
    { closedFormMs: 2500, measuredMs: 3000 },
    { closedFormMs: 9500, measuredMs: null },
  ]);
});

test('a result without cells has a summary without rows', () => {
  const { policies, map, validity, agreement } = summarise(stormResult([]));
  expect([policies, map.points, map.rhoStar, validity.invalid]).toEqual([[], [], [], []]);
  expect(agreement.model).toMatchObject({ k: 0, n: 0, low: 0, high: 1 });
});
