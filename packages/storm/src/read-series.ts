/**
 * From a cell's history to the load it ran: what each program counted, window by window, on one time axis whose zero is
 * the load's start. The same shape as the simulator's, so that nothing after this knows which of the two it looks at.
 */
import {
  hopQueue,
  hostInLoad,
  loadCounts,
  loadQueues,
  windowCount,
  windowMsOf,
  type HistoryEvent,
  type LoadCount,
  type LoadEvent,
  type LoadSetting,
  type TimingEvent,
  watchedFor,
} from '@lab/contract';
import type { Histogram } from 'hdr-histogram-js';

import { checkLines, type LinesFound } from './lines.ts';
import type { StormCell, TimingSummary } from './result.ts';
import type { LoadSeries } from './series.ts';
import { decodeTiming, summariseTiming } from './timing.ts';
import { watchesOf } from './watch.ts';

export interface MeasuredLoad {
  /** The load as it was watched: `observeMs` is how long. */
  readonly setting: LoadSetting;
  readonly series: LoadSeries;
  /** What is wrong with the history itself. */
  readonly lines: LinesFound;
  readonly timings: readonly TimingSummary[];
  /** Attempts that reached the queue of each hop over the whole load, first hop to last; one number but for `layers`. */
  readonly attemptsByHop: readonly number[];
  /** What was read back of the trigger; times are ms since the load's start. */
  readonly trigger: StormCell['trigger'];
  /** Highest share of the processors that was busy in a window, 0 to 1; null where it was not read. */
  readonly cpuPeak: number | null;
  /** How late the generator sent a job's first attempt, ms; null where it was not timed. */
  readonly lagP99Ms: number | null;
  readonly lagMaxMs: number | null;
  /** The load's start on the history's clock, ms. */
  readonly startedAt: number;
}

/** The history has no load that could be read: the client never began, or it is not a merged history. */
export class UnreadableLoad extends Error {
  override readonly name = 'UnreadableLoad';
}

type Of<Body> = HistoryEvent & Body;

/**
 * @param events of one cell, of a merged history
 * @throws UnreadableLoad when no program wrote a window, or when windows and clock contradict each other
 */
export function readLoad(events: readonly HistoryEvent[], setting: LoadSetting): MeasuredLoad {
  const watched = watchedSetting(events, setting);
  const loads = events.filter((event): event is Of<LoadEvent> => event.kind === 'load');
  const startedAt = startOf(loads, windowMsOf(setting));
  const trigger = triggerOf(events, setting, startedAt);
  const timed = events.filter((event): event is Of<TimingEvent> => event.kind === 'timing');
  const busy = loads.flatMap(({ counts }) => (counts.cpu === undefined ? [] : [counts.cpu]));
  return {
    setting: watched,
    series: seriesOf(loads, watched, trigger),
    lines: checkLines(events, setting, watched),
    timings: timingsOf(timed),
    attemptsByHop: attemptsByHop(loads, setting),
    trigger,
    cpuPeak: busy.length === 0 ? null : Math.max(...busy),
    ...lagOf(timed),
    startedAt,
  };
}

/** One program's counts of one window. */
export type CountedLine = Pick<Of<LoadEvent>, 'source' | 'queue' | 'window' | 'counts'>;

/** @param setting as it was watched: windows after its end are left out */
export function seriesOf(
  lines: readonly CountedLine[],
  setting: LoadSetting,
  { onMs, offMs }: Pick<StormCell['trigger'], 'onMs' | 'offMs'>,
): LoadSeries {
  return {
    windowMs: windowMsOf(setting),
    columns: columnsOf(lines, windowCount(setting)),
    triggerOnMs: onMs,
    triggerOffMs: offMs,
  };
}

/** @throws UnreadableLoad when the watch may have been prolonged and nothing says how long it was, or it cannot have been so long */
function watchedSetting(events: readonly HistoryEvent[], setting: LoadSetting): LoadSetting {
  if (setting.watchLimitMs === null) return setting;
  const watched = events.find((event) => event.kind === 'watched');
  if (watched === undefined) throw new UnreadableLoad('nothing says how long the load was watched');
  const { seq, observeMs } = watched;
  if (!watchesOf(setting).includes(observeMs)) {
    throw new UnreadableLoad(
      `event ${seq}: watched for ${observeMs} ms; a watch of this load is ended after one of ${watchesOf(setting).join(', ')}`,
    );
  }
  return watchedFor(setting, observeMs);
}

/**
 * Everybody counts from the start that the client chose. A window's line is written when the window is over: a line that
 * claims to be from the future has its start on another clock than its stamp.
 */
function startOf(loads: readonly Of<LoadEvent>[], windowMs: number): number {
  const first = loads.find(({ source }) => source === 'client') ?? loads[0];
  if (first === undefined) throw new UnreadableLoad('no window of a load in this history');
  for (const { seq, source, startedAt, t, window } of loads) {
    if (t + windowMs < startedAt + (window + 1) * windowMs) {
      throw new UnreadableLoad(
        `event ${seq}: ${source} wrote window ${window} before it began; expected a merged history`,
      );
    }
    if (Math.abs(startedAt - first.startedAt) > 0.01) {
      throw new UnreadableLoad(
        `event ${seq}: ${source} counts from ${startedAt}, the client from ${first.startedAt}`,
      );
    }
  }
  return first.startedAt;
}

/** Counts of jobs are the client's, or the pool's where there is one; a hop in the middle has jobs too, which are another hop's attempts. */
const ofJobs: ReadonlySet<LoadCount> = new Set([
  'offered',
  'refused',
  'succeeded',
  'failed',
  'underWay',
  'awaited',
]);

/** Readings of a state, not counts: they do not add up, and one that is missing is as it was last. */
const readings: ReadonlySet<LoadCount> = new Set([
  'underWay',
  'awaited',
  'unacknowledged',
  'depth',
  'jobsDepth',
  'cpu',
]);

/** Counts that mean the same whatever queue they are written under. */
const ofAnyQueue: ReadonlySet<LoadCount> = new Set(['jobsDepth', 'dropped', 'retriesRefused']);

function belongs(event: CountedLine, count: LoadCount): boolean {
  if (ofJobs.has(count)) return event.source === 'client' || event.source === 'pool';
  if (count === 'cpu') return event.queue === hostInLoad;
  return ofAnyQueue.has(count) || event.queue === loadQueues.requests;
}

function columnsOf(loads: readonly CountedLine[], windows: number): LoadSeries['columns'] {
  const columns: Partial<Record<LoadCount, readonly number[]>> = {};
  for (const count of loadCounts) columns[count] = columnOf(loads, count, windows);
  return columns as LoadSeries['columns']; // every count has got its column
}

function columnOf(loads: readonly CountedLine[], count: LoadCount, windows: number): number[] {
  const reading = readings.has(count);
  const column: (number | undefined)[] = Array.from({ length: windows }, () => undefined);
  for (const event of loads) {
    const value = event.counts[count];
    if (value === undefined || event.window >= windows || !belongs(event, count)) continue;
    const before = column[event.window] ?? 0;
    column[event.window] = reading ? Math.max(before, value) : before + value;
  }
  let last = 0;
  return column.map((value) => {
    if (!reading) return value ?? 0;
    last = value ?? last;
    return last;
  });
}

function attemptsByHop(loads: readonly Of<LoadEvent>[], { hops }: LoadSetting): number[] {
  return Array.from({ length: hops }, (_, index) => {
    const queue = hopQueue(index + 1, hops);
    return loads
      .filter((event) => event.queue === queue)
      .reduce((sum, { counts }) => sum + (counts.reached ?? 0), 0);
  });
}

/** From the first fault confirmed on to the last confirmed off. A spike is in the schedule and needs no confirmation. */
function triggerOf(
  events: readonly HistoryEvent[],
  setting: LoadSetting,
  startedAt: number,
): MeasuredLoad['trigger'] {
  const faults = events.filter((event) => event.kind === 'fault');
  const on = faults.find(({ phase }) => phase === 'on');
  const off = faults.findLast(({ phase }) => phase === 'off');
  if (on === undefined && setting.trigger === 'spike') {
    return {
      label: `${setting.spikeFactor} times as many jobs`,
      onMs: setting.warmUpMs,
      offMs: setting.warmUpMs + setting.triggerMs,
      applied: null,
    };
  }
  return {
    label: on?.label ?? faults[0]?.label ?? null,
    onMs: on === undefined ? null : on.t - startedAt,
    offMs: off === undefined ? null : off.t - startedAt,
    applied: on?.applied ?? null,
  };
}

/** Over all jobs that were timed: before the trigger alone there are so few that their p99 would be the latest of them. */
function lagOf(timed: readonly Of<TimingEvent>[]): Pick<MeasuredLoad, 'lagP99Ms' | 'lagMaxMs'> {
  const lag = pooled(timed.filter(({ of }) => of === 'send-lag'));
  if (lag === null || lag.totalCount === 0) return { lagP99Ms: null, lagMaxMs: null };
  return { lagP99Ms: lag.getValueAtPercentile(99) / 1000, lagMaxMs: lag.maxValue / 1000 };
}

/** One histogram for each timing and part: what several programs timed (the hops of `layers`) is put together. */
function timingsOf(timed: readonly Of<TimingEvent>[]): TimingSummary[] {
  const groups = Map.groupBy(timed, ({ of, part }) => `${of} ${part}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const histogram = pooled(group);
    if (first === undefined || histogram === null) return [];
    const censored = group.reduce((sum, event) => sum + event.censored, 0);
    return [summariseTiming(first.of, first.part, histogram, censored)];
  });
}

/** @returns one histogram of all their values; null of none */
function pooled(timed: readonly TimingEvent[]): Histogram | null {
  const [first, ...others] = timed.map(({ encoded }) => decodeTiming(encoded));
  if (first === undefined) return null;
  for (const other of others) first.add(other);
  return first;
}
