import { loadCounts, type LoadCount, type LoadSetting } from '@lab/contract';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { outcomeOf } from './outcome.ts';
import type { LoadSeries } from './series.ts';
import { outcomesOf, reference } from './simulate/testing/settings.ts';

/** Windows of 1 s; 6 of warm-up, a trigger in 6 to 8, a watch of 12. */
const setting: LoadSetting = { ...reference, offeredPerS: 100, triggerMs: 2000, observeMs: 12_000 };
const baseline = [100, 100, 100, 100, 100, 100];

/** @param succeeded in the windows from the trigger on */
function seriesOf(succeeded: readonly number[], changes: Partial<LoadSeries> = {}): LoadSeries {
  const all = [...baseline, 0, 0, ...succeeded];
  return {
    windowMs: 1000,
    columns: columns({ offered: all.map(() => 100), succeeded: all, reached: all.map(() => 250) }),
    triggerOnMs: 6000,
    triggerOffMs: 8000,
    ...changes,
  };
}

function columns(known: Partial<Record<LoadCount, readonly number[]>>): LoadSeries['columns'] {
  const zeros = (known.offered ?? []).map(() => 0);
  const each = loadCounts.map((count) => [count, known[count] ?? zeros]);
  return Object.fromEntries(each) as LoadSeries['columns']; // one for every count
}

const times = (count: number, value: number): number[] =>
  Array.from({ length: count }, () => value);

describe('the verdict', () => {
  test.each([
    ['recovered at once', times(12, 100), 'recovered', 0],
    ['recovered after four seconds', [...times(4, 0), ...times(8, 100)], 'recovered', 4000],
    [
      'recovered in the middle of a window: it is the next',
      [...times(4, 0), 50, ...times(7, 100)],
      'recovered',
      5000,
    ],
    [
      'recovered though every third window is short by chance',
      [100, 88, 104, 100, 90, 106, 100, 91, 102, 100, 90, 101],
      'recovered',
      0,
    ],
    ['not yet recovered when two windows are good', [...times(10, 60), 100, 100], 'censored', null],
    ['neither when a part is answered', times(12, 70), 'censored', null],
    [
      'not recovered by an answer to all that waited',
      [...times(8, 60), 150, 0, 150, 150],
      'censored',
      null,
    ],
    ['stuck when nothing is answered', times(12, 0), 'stuck', null],
    ['stuck when it was well for a while', [...times(6, 100), ...times(6, 0)], 'stuck', null],
    ['stuck when less than half is answered at the end', times(12, 49), 'stuck', null],
  ])('%s', (_, succeeded, verdict, recoveryMs) => {
    expect(outcomeOf(seriesOf(succeeded), setting)).toMatchObject({ verdict, recoveryMs });
  });

  test('is not stuck while the offered rate is not back', () => {
    const series = seriesOf(times(12, 0));
    const offered = series.columns.offered.map((jobs, window) => (window < 16 ? jobs : 150));
    const spiking = { ...series, columns: { ...series.columns, offered } };
    expect(outcomeOf(spiking, setting).verdict).toBe('censored');
    expect(outcomeOf(spiking, { ...setting, closedCallers: 8 }).verdict).toBe('stuck');
  });

  test('asks no more of a policy than random failures leave', () => {
    const failing = { ...setting, failureRate: 0.4 };
    expect(outcomeOf(seriesOf(times(12, 60)), failing).verdict).toBe('recovered');
    expect(outcomeOf(seriesOf(times(12, 29)), failing).verdict).toBe('stuck');
  });
});

describe('time is counted', () => {
  test('from the confirmed end of the trigger, in whole windows', () => {
    const late = seriesOf([...times(4, 0), ...times(8, 100)], { triggerOffMs: 8100 });
    expect(outcomeOf(late, setting)).toMatchObject({ recoveryMs: 3900, watchedMs: 11_900 });
  });

  test('as nought when the window in which the trigger ended was good already', () => {
    const late = seriesOf(times(12, 100), { triggerOffMs: 8100 });
    expect(outcomeOf(late, setting).recoveryMs).toBe(0);
  });

  test('without the window that the end of the load cuts short', () => {
    const cut = { ...setting, observeMs: 12_500 };
    const series = seriesOf([...times(9, 0), ...times(3, 100), 20]);
    expect(outcomeOf(series, cut)).toMatchObject({ verdict: 'recovered', recoveryMs: 9000 });
  });

  test('without a trigger, from where one would have ended', () => {
    const none = { ...setting, trigger: 'none' } as const;
    const all = [...baseline, ...times(14, 100)];
    const untroubled: LoadSeries = {
      windowMs: 1000,
      columns: columns({ offered: all, succeeded: all, reached: all }),
      triggerOnMs: null,
      triggerOffMs: null,
    };
    expect(outcomeOf(untroubled, none)).toMatchObject({
      verdict: 'recovered',
      recoveryMs: 0,
      watchedMs: 12_000,
      goodputBefore: 1,
      amplificationAfter: 1,
    });
  });
});

test('amplification is what reached the queue by what was offered, and a thin window is no peak', () => {
  const series = seriesOf(times(12, 0));
  const thin = {
    ...series,
    columns: {
      ...series.columns,
      offered: series.columns.offered.map((jobs, window) => (window === 10 ? 10 : jobs)),
    },
  };
  const { amplificationAfter, amplificationPeak } = outcomeOf(thin, setting);
  expect(amplificationAfter).toBe(2.5);
  expect(amplificationPeak).toBeCloseTo(2.5 / 0.955, 6); // by the mean window's 95.5 jobs, not by 10
});

test('a longer silence never gives a shorter recovery', () => {
  const length = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(length, length, (one, other) => {
      const recovery = (silent: number): number =>
        outcomeOf(seriesOf([...times(silent, 0), ...times(12 - silent, 100)]), setting)
          .recoveryMs ?? Infinity;
      expect(recovery(Math.max(one, other))).toBeGreaterThanOrEqual(recovery(Math.min(one, other)));
    }),
  );
});

test('a ramp is watched from where it is back at the capacity, and comes to what it stays at', () => {
  const ramp = {
    ramp: [0.1, 1.3] as [number, number],
    trigger: 'none' as const,
    triggerMs: 0,
    observeMs: 54_000,
  };
  const [retrying] = outcomesOf({ ...ramp, policy: 'immediate' }, 1);
  const [resigned] = outcomesOf({ ...ramp, policy: 'none' }, 1);
  expect(retrying).toMatchObject({ verdict: 'stuck', watchedMs: 22_500 });
  expect(resigned?.verdict).toBe('recovered');
});

test('a load that nothing troubles recovers in no time, whatever its arrivals', () => {
  const outcomes = outcomesOf({ policy: 'none', trigger: 'none', observeMs: 8000 }, 20);
  expect(outcomes.map(({ recoveryMs }) => recoveryMs)).toEqual(times(20, 0));
});
