import { openJournal, type EventBody } from '@lab/contract';
import { arrivalsOf, Timings, type JobMessage } from '@lab/workload';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { expect, test } from 'vitest';

import { settingOf } from '../testing/setting.ts';
import { WindowCounts } from '../window-counts.ts';
import { writeTimings } from '../write-timings.ts';
import { JobEnds } from './job-ends.ts';

const setting = settingOf({ topology: 'in-slot', offeredPerS: 20, warmUpMs: 500, observeMs: 500 });
const due = arrivalsOf(setting);

test('counts and times the first end of a job and no other', () => {
  const load = scripted();
  load.ends.end(jobOf(3), 'succeeded', dueAt(3) + 40);
  load.ends.end(jobOf(3), 'failed', dueAt(3) + 90);
  load.ends.end(jobOf(3), 'succeeded', dueAt(3) + 95);

  const written = load.written();
  expect(sumOf(written, 'succeeded')).toBe(1);
  expect(sumOf(written, 'failed')).toBe(0);
  expect(timesOf(written, 'job')).toMatchObject({ total: 1, censored: 0 });
});

test('censors every job that was due and is not over, those that nobody ever took included', () => {
  const load = scripted();
  load.ends.end(jobOf(0), 'succeeded', dueAt(0) + 40);
  load.ends.end(jobOf(1), 'failed', dueAt(1) + 40);
  load.ends.censorTheRest(startedAt, startedAt + 1000);

  expect(timesOf(load.written(), 'job')).toMatchObject({
    total: due.length - 1, // a job that failed has no time to success
    censored: due.length - 2,
  });
});

test("says how many jobs were due by a window's end and not over then", () => {
  const load = scripted();
  load.ends.end(jobOf(0), 'succeeded', dueAt(0) + 1);
  load.ends.end(jobOf(1), 'failed', dueAt(1) + 1);
  const dueBy = (ms: number): number => due.filter((at) => at < ms).length;
  expect(load.ends.underWay(() => 0, 400)).toBe(dueBy(400) - 2);
  // one of the two ends was counted in a later window
  expect(load.ends.underWay((count) => (count === 'failed' ? 1 : 0), 500)).toBe(dueBy(500) - 1);
});

test('does not censor what was not due yet when the load was broken off', () => {
  const load = scripted();
  load.ends.censorTheRest(startedAt, dueAt(4));

  expect(timesOf(load.written(), 'job')).toMatchObject({ total: 4, censored: 4 });
});

const startedAt = 1_000_000;

function dueAt(job: number): number {
  return startedAt + (due[job] ?? Number.NaN);
}

function jobOf(job: number): JobMessage {
  const at = dueAt(job);
  return { job, startedAt, dueAt: at, sentAt: at, attemptsMade: 0, previousDelayMs: 0 };
}

function scripted() {
  const lines: EventBody[] = [];
  const journal = openJournal((line) => void lines.push(JSON.parse(line) as EventBody)); // its own lines
  const counts = new WindowCounts({ queue: 'requests', windowMs: 1000, journal });
  const timings = new Timings(setting);
  counts.start(startedAt);
  return {
    ends: new JobEnds(setting, counts, timings),
    written(): EventBody[] {
      counts.close(startedAt + 2000);
      writeTimings(timings, journal);
      return lines;
    },
  };
}

function sumOf(events: EventBody[], count: 'succeeded' | 'failed'): number {
  return events
    .filter((event) => event.kind === 'load')
    .reduce((sum, { counts }) => sum + (counts[count] ?? 0), 0);
}

function timesOf(events: EventBody[], of: 'job'): { total: number; censored: number } {
  const timed = events
    .filter((event) => event.kind === 'timing')
    .filter((event) => event.of === of);
  return {
    total: timed.reduce(
      (sum, { encoded }) => sum + decodeFromCompressedBase64(encoded).totalCount,
      0,
    ),
    censored: timed.reduce((sum, { censored }) => sum + censored, 0),
  };
}
