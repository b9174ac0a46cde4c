import type { EventBody, HistoryEvent } from '@lab/contract';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { readLoad, UnreadableLoad } from './read-series.ts';
import { simulate } from './simulate/simulate.ts';
import { reference } from './simulate/testing/settings.ts';
import { historyOf, lagTiming, startedAt } from './testing/history.ts';
import { short } from './testing/result.ts';

describe('a load read from its history', () => {
  const history = historyOf(short);
  const read = readLoad(history, short);

  test('is what client, server and lab counted, window by window', () => {
    const { cpu, ...counted } = read.series.columns;
    const { cpu: _, ...simulated } = simulate(short).series.columns;
    expect(counted).toEqual(simulated);
    expect(cpu).toEqual(cpu.map(() => 0.4));
    const { reached } = counted;
    expect(read.series.windowMs).toBe(1000);
    expect(read.attemptsByHop).toEqual([reached.reduce((a, b) => a + b)]);
  });

  test('has its trigger, its start and its generator on the axis of the load', () => {
    expect(read.startedAt).toBe(startedAt);
    expect(read.trigger.label).toBe('server stands still');
    expect(read.trigger.applied).toBe('state T');
    expect(read.trigger.onMs).toBeCloseTo(short.warmUpMs, 6);
    expect(read.series.triggerOffMs).toBeCloseTo(short.warmUpMs + short.triggerMs, 6);
    expect(read.lagP99Ms).toBeCloseTo(1.5, 2);
    expect(read.lagMaxMs).toBeCloseTo(1.5, 2);
    expect(read.cpuPeak).toBe(0.4);
  });

  test('judges the lag over all jobs: one late job of few before the trigger is no hundredth', () => {
    const before = {
      lagsMs: [...Array.from({ length: 60 }, () => 1), 90],
      part: 'baseline',
    } as const;
    const both = [...historyOf(short, { lagsMs: Array.from({ length: 700 }, () => 1), cpu: 0.4 })];
    const timing = both.findLast(({ kind }) => kind === 'timing');
    if (timing === undefined) throw new Error('no timing');
    const { lagP99Ms, lagMaxMs } = readLoad([...both, { ...timing, ...lagTiming(before) }], short);
    expect(lagP99Ms).toBeCloseTo(1, 2);
    expect(lagMaxMs).toBeCloseTo(90, 0);
  });

  test('does not depend on the order of the lines', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(history, { minLength: history.length }), (shuffled) => {
        const loads = shuffled.filter(({ kind }) => kind === 'load');
        const others = history.filter(({ kind }) => kind !== 'load');
        expect(readLoad([...loads, ...others], short).series).toEqual(read.series);
      }),
      { numRuns: 20 },
    );
  });

  test('counts a line that came late in the window that it is about', () => {
    const late = history.map((event) =>
      event.kind === 'load' && event.source === 'server' ? { ...event, t: event.t + 4000 } : event,
    );
    expect(readLoad(late, short).series).toEqual(read.series);
  });
});

describe('what is counted', () => {
  const setting = { ...reference, warmUpMs: 1000, triggerMs: 1000, observeMs: 1500 };
  const line = (source: string, queue: string, window: number, counts: object): HistoryEvent => ({
    ...({ kind: 'load', queue, window, startedAt: 0, counts } as EventBody), // counts are counts
    seq: window,
    t: (window + 1) * 1000,
    cell: 'cell',
    source,
  });

  test('adds what several wrote, has nought for what nobody wrote, and ends with the load', () => {
    const { columns } = readLoad(
      [
        line('pool', 'requests', 0, { reached: 3 }),
        line('client', 'requests', 0, { reached: 2, offered: 5 }),
        line('client', 'requests', 9, { offered: 100 }),
      ],
      setting,
    ).series;
    expect(columns.reached).toEqual([5, 0, 0, 0]);
    expect(columns.offered).toEqual([5, 0, 0, 0]);
  });

  test('leaves a reading as it was where one is missing', () => {
    const { columns } = readLoad(
      [line('lab', 'requests', 1, { depth: 7 }), line('lab', 'requests', 3, { depth: 2 })],
      setting,
    ).series;
    expect(columns.depth).toEqual([0, 7, 7, 2]);
  });

  test('tells the hops apart: jobs are the client’s, requests are the last hop’s', () => {
    const layered = { ...setting, topology: 'layers', hops: 2 } as const;
    const { series, attemptsByHop } = readLoad(
      [
        line('client', 'requests.1', 0, { offered: 4, succeeded: 3, failed: 1, reached: 6 }),
        line('server-1', 'requests', 0, { reached: 12, offered: 6, failed: 2 }),
        line('server-1', 'requests.1', 0, { delivered: 6 }),
        line('server-2', 'requests', 0, { delivered: 12 }),
      ],
      layered,
    );
    expect(attemptsByHop).toEqual([6, 12]);
    expect(series.columns.reached[0]).toBe(12);
    expect(series.columns.delivered[0]).toBe(12);
    expect(series.columns.offered[0]).toBe(4);
    expect(series.columns.failed[0]).toBe(1);
  });

  test('a spike is in the schedule: no fault is looked for', () => {
    const spiking = { ...setting, trigger: 'spike' } as const;
    const { trigger } = readLoad([line('client', 'requests', 0, { offered: 1 })], spiking);
    expect(trigger).toMatchObject({ onMs: 1000, offMs: 2000 });
  });

  test('a fault that was asked for and never seen was not confirmed', () => {
    const asked = historyOf(short).filter(
      (event) => event.kind !== 'fault' || event.phase === 'requested',
    );
    const { trigger } = readLoad(asked, short);
    expect(trigger).toMatchObject({ label: 'server stands still', onMs: null, offMs: null });
  });

  test.each([
    ['nothing was counted', []],
    [
      'lines are still on the clock of the machine',
      [{ ...line('client', 'requests', 0, { offered: 1 }), startedAt: 9e6 }],
    ],
    [
      'two count from different starts',
      [
        line('client', 'requests', 0, { offered: 1 }),
        { ...line('server', 'requests', 0, { delivered: 1 }), startedAt: -40 },
      ],
    ],
  ])('it cannot be read when %s', (_, events) => {
    expect(() => readLoad(events, setting)).toThrow(UnreadableLoad);
  });
});
