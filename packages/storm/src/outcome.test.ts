import { loadCounts, type LoadCount, type LoadSetting } from '@lab/contract';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { outcomeOf } from './outcome.ts';
import type { LoadSeries } from './series.ts';
import { outcomesOf, reference } from './simulate/testing/settings.ts';

/** Windows of 1 s; 6 of warm-up, a trigger in 6 to 8, a watch of 12. mu T is 100. */
const setting: LoadSetting = { ...reference, offeredPerS: 100, triggerMs: 2000, observeMs: 12_000 };
const baseline = [100, 100, 100, 100, 100, 100];

/**
 * @param succeeded in the windows from the trigger on
 * @param backlog at the ends of those windows; absent: none
 */
function seriesOf(
  succeeded: readonly number[],
  backlog: readonly number[] = [],
  changes: Partial<LoadSeries> = {},
): LoadSeries {
  const all = [...baseline, 0, 0, ...succeeded];
  const depth = [...baseline.map(() => 2), 150, 300, ...succeeded.map((_, at) => backlog[at] ?? 2)];
  return {
    windowMs: 1000,
    columns: columns({
      offered: all.map(() => 100),
      succeeded: all,
      reached: all.map(() => 250),
      depth,
    }),
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

/** A straight line with a little noise that is always the same. */
const line = (from: number, step: number, count = 12): number[] =>
  Array.from({ length: count }, (_, at) => from + step * at + 7 * Math.sin(5 * at));

describe('the word', () => {
  test.each([
    ['recovered at once', times(12, 100), 0],
    ['recovered after four seconds', [...times(4, 0), ...times(8, 100)], 4000],
    [
      'recovered in the middle of a window: it is the next',
      [...times(4, 0), 50, ...times(7, 100)],
      5000,
    ],
    [
      'recovered though every third window is short by chance',
      [100, 88, 104, 100, 90, 106, 100, 91, 102, 100, 90, 101],
      0,
    ],
    ['recovered for good after a relapse', [...times(3, 100), 0, 0, ...times(7, 100)], 5000],
  ])('is %s', (_, succeeded, recoveryMs) => {
    expect(outcomeOf(seriesOf(succeeded), setting)).toMatchObject({
      verdict: 'recovered',
      recoveryMs,
    });
  });

  test.each([
    ['two windows are good', [...times(10, 60), 100, 100]],
    ['a part is answered', times(12, 70)],
    ['what waited is answered all at once', [...times(8, 60), 150, 0, 150, 150]],
    ['it was well for a while', [...times(6, 100), ...times(6, 0)]],
    ['nothing is answered and nothing moves', times(12, 0)],
  ])('is undecided when %s', (_, succeeded) => {
    expect(outcomeOf(seriesOf(succeeded), setting)).toMatchObject({
      verdict: 'undecided',
      recoveryMs: null,
      backMs: null,
    });
  });

  test('is stuck while the backlog grows and no more is answered', () => {
    const { verdict, slopePerS, backlogEnd } = outcomeOf(
      seriesOf(times(12, 0), line(400, 180)),
      setting,
    );
    expect(verdict).toBe('stuck');
    expect(slopePerS?.mean).toBeCloseTo(180, -1);
    expect(backlogEnd).toBeCloseTo(400 + 11 * 180, -2);
  });

  test('is draining while it falls, and says from when to when it will be back', () => {
    const { verdict, backMs, slopePerS } = outcomeOf(
      seriesOf(times(12, 0), line(900, -30)),
      setting,
    );
    expect(verdict).toBe('draining');
    expect(slopePerS?.high).toBeLessThan(0);
    // 470 messages beyond mu T at 30 a second: 16 s after the 12 that were watched
    expect(backMs?.low).toBeGreaterThan(12_000);
    expect(backMs?.low).toBeLessThan(28_000);
    expect(backMs?.high).toBeGreaterThan(28_000);
  });

  test('is of the backlog and not of the queue: jobs that callers still owe count', () => {
    const empty = seriesOf(times(12, 0));
    const owing = {
      ...empty,
      columns: {
        ...empty.columns,
        underWay: [...times(8, 2), ...line(500, 150)],
        awaited: [...times(8, 2), ...times(12, 40)],
      },
    };
    expect(outcomeOf(owing, setting).verdict).toBe('stuck');
  });

  test('is not stuck while the offered rate is not back', () => {
    const series = seriesOf(times(12, 0), line(400, 180));
    const offered = series.columns.offered.map((jobs, window) => (window < 16 ? jobs : 150));
    const spiking = { ...series, columns: { ...series.columns, offered } };
    expect(outcomeOf(spiking, setting).verdict).toBe('undecided');
    expect(outcomeOf(spiking, { ...setting, closedCallers: 8 }).verdict).toBe('stuck');
  });

  test('asks no more of a policy than random failures leave', () => {
    const failing = { ...setting, failureRate: 0.4 };
    expect(outcomeOf(seriesOf(times(12, 60)), failing).verdict).toBe('recovered');
    expect(outcomeOf(seriesOf(times(12, 29)), failing).verdict).toBe('undecided');
  });
});

describe('of a load that was watched for 120 T and 20 D', () => {
  const long = { ...setting, observeMs: 60_000 };
  const swinging = (level: number, by: number): number[] =>
    Array.from({ length: 60 }, (_, at) => level + by * Math.sin(5 * at) + by * Math.cos(3 * at));

  test('the word is stuck where a backlog stays where it is', () => {
    expect(outcomeOf(seriesOf(times(60, 5), swinging(500, 4)), long).verdict).toBe('stuck');
  });

  test('it is not where the watch is a window shorter', () => {
    const shorter = { ...long, observeMs: 59_000 };
    const series = seriesOf(times(59, 5), swinging(500, 4));
    expect(outcomeOf(series, shorter).verdict).toBe('undecided');
  });

  test('it is not while more and more is answered', () => {
    const rising = Array.from({ length: 60 }, (_, at) => at);
    expect(outcomeOf(seriesOf(rising, swinging(500, 4)), long).verdict).toBe('undecided');
  });

  test('it is not where the backlog falls so fast that ten more such watches would do', () => {
    const falling = swinging(500, 30).map((messages, at) => messages - at);
    expect(outcomeOf(seriesOf(times(60, 5), falling), long).verdict).not.toBe('stuck');
  });

  test('a breaker that stays open, without a backlog, is stuck', () => {
    expect(outcomeOf(seriesOf(times(60, 3)), long).verdict).toBe('stuck');
  });
});

describe('time is counted', () => {
  test('from the confirmed end of the trigger, in whole windows', () => {
    const late = seriesOf([...times(4, 0), ...times(8, 100)], [], { triggerOffMs: 8100 });
    expect(outcomeOf(late, setting)).toMatchObject({ recoveryMs: 3900, watchedMs: 11_900 });
  });

  test('as nought when the window in which the trigger ended was good already', () => {
    const late = seriesOf(times(12, 100), [], { triggerOffMs: 8100 });
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
  expect(retrying?.watchedMs).toBe(22_500);
  expect(retrying?.verdict).not.toBe('recovered');
  expect(resigned?.verdict).toBe('recovered');
});

test('a load that nothing troubles recovers in no time, whatever its arrivals', () => {
  const outcomes = outcomesOf({ policy: 'none', trigger: 'none', observeMs: 8000 }, 20);
  expect(outcomes.map(({ recoveryMs }) => recoveryMs)).toEqual(times(20, 0));
});
