import type { HistoryEvent, LoadCounts, LoadSetting } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { gatesOf, isOfTheMachine, queueAllowed } from './gates.ts';
import { outcomeOf } from './outcome.ts';
import { readLoad } from './read-series.ts';
import type { Gate } from './result.ts';
import { reference } from './simulate/testing/settings.ts';
import { goodMachine, historyOf, type Machine } from './testing/history.ts';
import { short } from './testing/result.ts';

function judge(setting: LoadSetting, history: readonly HistoryEvent[]): readonly Gate[] {
  const measured = readLoad(history, setting);
  return gatesOf(measured, outcomeOf(measured.series, measured.setting));
}

const failedOf = (gates: readonly Gate[]): string[] =>
  gates.filter(({ passed }) => !passed).map(({ name }) => name);

/** The history with other counts in some of its lines. */
function recounted(
  history: readonly HistoryEvent[],
  change: (counts: LoadCounts, window: number) => LoadCounts,
): HistoryEvent[] {
  return history.map((event) =>
    event.kind === 'load' ? { ...event, counts: { ...change(event.counts, event.window) } } : event,
  );
}

describe('a cell passes', () => {
  test.each([
    'immediate',
    'none',
    'bounded-queue-reject',
    'bounded-queue-drop-head',
    'deadline-ttl',
    'codel-lifo',
  ])('under %s, stuck or not', (policy) => {
    const setting = { ...short, policy };
    expect(failedOf(judge(setting, historyOf(setting)))).toEqual([]);
  });

  test.each([0.05, 0.3, 0.5])('when %d of the requests fail by themselves', (failureRate) => {
    const policies = ['none', 'immediate', 'token-bucket', 'circuit-breaker'];
    for (const policy of policies) {
      const setting = { ...short, policy, failureRate, offeredPerS: 60, trigger: 'none' } as const;
      expect(failedOf(judge(setting, historyOf(setting)))).toEqual([]);
    }
  });

  test('at rho 0.9, where a queue is usual', () => {
    const setting = { ...reference, offeredPerS: 180, trigger: 'none' } as const;
    expect(failedOf(judge(setting, historyOf(setting)))).toEqual([]);
  });

  test('with hardly a job offered', () => {
    const setting = { ...short, offeredPerS: 0.2, trigger: 'none' } as const;
    expect(failedOf(judge(setting, historyOf(setting)))).toEqual([]);
  });
});

describe('a cell is refused', () => {
  const history = historyOf(short);

  test('when nothing was answered before the trigger', () => {
    const broken = recounted(history, ({ succeeded, ...counts }, window) => ({
      ...counts,
      ...(succeeded !== undefined && { succeeded: window < 3 ? 0 : succeeded, failed: 140 }),
    }));
    expect(failedOf(judge(short, broken))).toEqual([
      'jobs unaccounted for', // they were said to have been answered, and are not under way
      'baseline goodput',
    ]);
  });

  test('when jobs were tried twice before the trigger', () => {
    const twice = recounted(history, ({ reached, delivered, ...counts }) => ({
      ...counts,
      ...(reached !== undefined && { reached: reached * 2 }),
      ...(delivered !== undefined && { delivered: delivered * 2 }),
    }));
    expect(failedOf(judge(short, twice))).toContain('baseline amplification');
  });

  test('when a queue stood before the trigger', () => {
    const standing = recounted(history, ({ depth, ...counts }, window) => ({
      ...counts,
      ...(depth !== undefined && { depth: window < 4 ? 6 : depth }),
    }));
    expect(failedOf(judge(short, standing))).toEqual(['baseline queue']);
  });

  test('when lines of the client are missing', () => {
    const cut = history.filter(
      (event) => event.kind !== 'load' || event.source !== 'client' || event.window !== 9,
    );
    expect(failedOf(judge(short, cut))).toContain('offered jobs astray of the schedule');
  });

  test.each<[string, Partial<Machine>]>([
    ['generator lag p99 ms', { lagsMs: [1, 51] }],
    ['generator lag max ms', { lagsMs: [...Array.from({ length: 999 }, () => 1), 151] }],
    ['host CPU', { cpu: 0.86 }],
  ])('by the machine: %s', (name, machine) => {
    expect(failedOf(judge(short, historyOf(short, { ...goodMachine, ...machine })))).toEqual([
      name,
    ]);
  });

  test('when the generator or the processors were not read', () => {
    const unread = history.filter(
      (event) => event.kind !== 'timing' && !(event.kind === 'load' && event.queue === 'host'),
    );
    expect(failedOf(judge(short, unread))).toEqual([
      'lines of the history astray',
      'generator lag p99 ms',
      'generator lag max ms',
      'host CPU',
    ]);
  });

  test('when its trigger was not confirmed, or not for as long as it was to be', () => {
    const shifted = (phase: string, byMs: number | null): HistoryEvent[] =>
      history.flatMap((event): HistoryEvent[] => {
        if (event.kind !== 'fault' || event.phase !== phase) return [event];
        return byMs === null ? [] : [{ ...event, t: event.t + byMs }];
      });
    expect(failedOf(judge(short, shifted('on', null)))).toContain('trigger confirmed on, ms');
    expect(failedOf(judge(short, shifted('off', null)))).toContain('trigger confirmed off, ms');
    expect(failedOf(judge(short, shifted('off', 400)))).toEqual(['trigger length off by, ms']);
    expect(failedOf(judge(short, shifted('off', 200)))).toEqual([]);
  });

  test('when requests vanish, unless their broker was killed', () => {
    const lossy = recounted(history, ({ delivered, ...counts }) => ({
      ...counts,
      ...(delivered !== undefined && { delivered: Math.round(delivered * 0.8) }),
    }));
    expect(failedOf(judge(short, lossy))).toEqual([
      "requests in the server's hands unaccounted for",
      'requests unaccounted for',
    ]);
    const killed = failedOf(judge({ ...short, trigger: 'restart' }, lossy));
    expect(killed).not.toContain('requests unaccounted for');
  });
});

test('an unloaded queue may hold five messages, a loaded one what chance makes of it', () => {
  const at = (rho: number): number => queueAllowed({ ...reference, offeredPerS: 200 * rho });
  expect([0.1, 0.7, 0.8].map(at)).toEqual([5, 5, 5]);
  expect(at(0.9)).toBe(41); // Erlang's C at 8 servers and 7.2 erlang is 0.70: ln(0.01 / 0.70) / ln 0.9 = 40.4
  expect(at(0.95)).toBeGreaterThan(at(0.9));
  expect(at(1.5)).toBe(at(0.98));
});

test.each([
  ['generator lag p99 ms', true],
  ['host CPU', true],
  ['baseline queue', true],
  ['trigger length off by, ms', true],
  ['offered jobs astray of the schedule', false],
  ['requests unaccounted for', false],
  ['trigger confirmed on, ms', false],
  ['trigger confirmed off, ms', false],
])('that %s is missed may be the doing of the machine: %s', (name, may) => {
  expect(isOfTheMachine({ name, rule: '', value: 1, passed: false })).toBe(may);
  expect(isOfTheMachine({ name, rule: '', value: null, passed: false })).toBe(false);
});
