/** What holds for every simulated load, whatever the policy. */
import type { LoadSetting } from '@lab/contract';
import { policies } from '@lab/retry';
import { arrivalsOf } from '@lab/workload';
import { describe, expect, test, vi } from 'vitest';

import { simulate, type Simulated } from './simulate.ts';
import { reference } from './testing/settings.ts';

vi.setConfig({ testTimeout: 60_000 }); // simulated hours, on a host that may be busy

const total = ({ series }: Simulated, count: keyof Simulated['series']['columns']): number =>
  series.columns[count].reduce((sum, value) => sum + value, 0);

const short = { warmUpMs: 2000, triggerMs: 2000, observeMs: 6000 };

/** Every policy in every topology in which it means something. */
const cells = policies.flatMap((policy) =>
  policy.topologies
    .filter((topology) => topology !== 'layers')
    .map((topology): [string, LoadSetting] => [
      `${policy.name}, ${topology}`,
      {
        ...reference,
        ...short,
        policy: policy.name,
        topology,
        transport: topology === 'lease' || policy.family === 'bullmq' ? 'bullmq' : 'rabbitmq',
        concurrency: topology === 'rpc' ? null : 150,
      },
    ]),
);

describe.each(cells)('%s', (_name, setting) => {
  const simulated = simulate(setting);

  test('is offered the schedule, and every job has at most one end', () => {
    const job = (part: string) =>
      simulated.timings.filter(({ of, part: its }) => of === 'job' && its === part);
    const censored = [...job('baseline'), ...job('after')].reduce(
      (sum, one) => sum + one.censored,
      0,
    );
    expect(total(simulated, 'offered')).toBe(arrivalsOf(setting).length);
    expect(total(simulated, 'offered')).toBe(
      total(simulated, 'succeeded') +
        total(simulated, 'failed') +
        total(simulated, 'refused') +
        censored,
    );
  });

  test('accounts for every attempt and every message', () => {
    const { columns } = simulated.series;
    const attempts = simulated.timings.filter(({ of }) => of === 'attempt');
    const answeredOrOpen = attempts.reduce((sum, { count }) => sum + count, 0);
    const ended = total(simulated, 'timedOut') + total(simulated, 'rejected') + answeredOrOpen;
    // A pool's slots do not say which of their attempts are open when counting ends.
    const open = setting.topology === 'rpc' ? 0 : total(simulated, 'sent') - ended;
    expect(total(simulated, 'sent')).toBe(ended + open);
    expect(open).toBeLessThanOrEqual(150);
    expect(total(simulated, 'reached') + total(simulated, 'rejected')).toBe(
      total(simulated, 'sent'),
    );
    const gone = total(simulated, 'delivered') + total(simulated, 'dropped');
    expect(gone + (columns.depth.at(-1) ?? 0)).toBe(total(simulated, 'reached'));
    expect(simulated.attemptsByHop).toEqual([total(simulated, 'reached')]);
  });

  test('comes out the same every time', () => {
    expect(simulate(setting)).toEqual(simulated);
  });
});

test('every policy is offered the same jobs', () => {
  const offered = (policy: string) =>
    simulate({ ...reference, ...short, policy }).series.columns.offered;
  expect(offered('full-jitter')).toEqual(offered('none'));
  expect(simulate({ ...reference, ...short, seed: 2 }).series.columns.offered).not.toEqual(
    offered('none'),
  );
});

test('the mean wait of an untroubled queue is the one of Erlang C', () => {
  const calm = { trigger: 'none', policy: 'none', timeoutMs: 10_000, warmUpMs: 900_000 } as const;
  const setting: LoadSetting = { ...reference, ...calm, triggerMs: 0, observeMs: 0 };
  const waits = [1, 2].map((seed) => {
    const { timings } = simulate({ ...setting, seed });
    return timings.find(({ of, part }) => of === 'queue-age' && part === 'baseline')?.meanMs ?? 0;
  });
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  expect(mean / erlangWaitMs(setting)).toBeGreaterThan(0.96);
  expect(mean / erlangWaitMs(setting)).toBeLessThan(1.04);
});

/** M/M/c: P(wait) / (c mu - lambda), ms. */
function erlangWaitMs({ slots, serviceMs, offeredPerS, capacityPerS }: LoadSetting): number {
  const offered = (offeredPerS * serviceMs) / 1000;
  let blocked = 1; // Erlang B by its recursion
  for (let servers = 1; servers <= slots; servers++) {
    blocked = (offered * blocked) / (servers + offered * blocked);
  }
  const waits = blocked / (1 - (offered / slots) * (1 - blocked));
  return (1000 * waits) / (capacityPerS - offeredPerS);
}

test.each([1, 2, 3, 4, 5])(
  '%i hops of 3 attempts reach the last queue 3^k times while its store is gone',
  (hops) => {
    const layers = { topology: 'layers', hops, attempts: 3, offeredPerS: 5 } as const;
    const perJob = (trigger: LoadSetting['trigger']): number => {
      const { columns } = simulate({ ...reference, ...layers, trigger }).series;
      const sum = (column: readonly number[]) =>
        column.slice(6, 10).reduce((all, value) => all + value, 0);
      return sum(columns.reached) / sum(columns.offered);
    };
    expect(perJob('outage')).toBe(3 ** hops);
    expect(perJob('none')).toBe(1);
  },
);

test('a server slower than its nominal capacity takes longer for everything', () => {
  const calm = { ...reference, trigger: 'none', policy: 'none' } as const;
  const attemptMs = (capacityPerS: number): number =>
    simulate({ ...calm, capacityPerS, offeredPerS: 1 }).timings.find(({ of }) => of === 'attempt')
      ?.meanMs ?? 0;
  expect(attemptMs(100) / attemptMs(200)).toBeCloseTo(2, 1);
});

test('requests that fail at random cost a policy without retries its successes, and others more attempts', () => {
  const failing = { ...reference, trigger: 'none', failureRate: 0.1, offeredPerS: 50 } as const;
  const never = simulate({ ...failing, policy: 'none' });
  expect(total(never, 'succeeded') / total(never, 'offered')).toBeCloseTo(0.9, 1);
  const often = simulate(failing);
  expect(total(often, 'succeeded') / total(often, 'offered')).toBeGreaterThan(0.995);
  expect(total(often, 'reached') / total(often, 'offered')).toBeCloseTo(1.11, 1);
});

test('a closed loop never has more jobs under way than callers, and so never a storm', () => {
  const { series } = simulate({ ...reference, closedCallers: 20 });
  expect(Math.max(...series.columns.depth)).toBeLessThanOrEqual(20 * 8);
  expect(series.columns.succeeded.at(-2)).toBeGreaterThan(100);
});

test('a ramp goes up and comes down', () => {
  const { offered } = simulate({ ...reference, trigger: 'none', ramp: [0.1, 1.3], policy: 'none' })
    .series.columns;
  expect(offered[16]).toBeGreaterThan(200);
  expect(offered[0]).toBeLessThan(60);
  expect(offered.at(-1)).toBeLessThan(60);
});

test('there is no load without a policy, and no pool without slots', () => {
  expect(() => simulate({ ...reference, policy: 'prayer' })).toThrow(RangeError);
  expect(() => simulate({ ...reference, topology: 're-enqueue' })).toThrow(/concurrency/);
});
