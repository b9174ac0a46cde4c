import type { HistoryEvent } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { checkLines } from './lines.ts';
import { historyOf } from './testing/history.ts';
import { short } from './testing/result.ts';

const history = historyOf(short);
const check = (events: readonly HistoryEvent[]) => checkLines(events, short, short);
const isDepth = (event: HistoryEvent): boolean =>
  event.kind === 'load' && event.counts.depth !== undefined;

/** What whoever drops lines would do to hide it: the lab says that there were no more. */
function recounted(events: readonly HistoryEvent[]): HistoryEvent[] {
  return events.map((event) =>
    event.kind === 'record'
      ? {
          ...event,
          lines: events.filter(
            (other) =>
              other.source === event.of && !(other.kind === 'record' && other.of === 'lab'),
          ).length,
        }
      : event,
  );
}

test('of a whole history nothing is said', () => {
  expect(check(history)).toEqual({ astray: [], strangers: [] });
});

describe('it is said', () => {
  test('that all readings of the queue are gone, even where it is said that there were none', () => {
    const without = recounted(history.filter((event) => !isDepth(event)));
    expect(check(without).astray).toEqual([
      'lab has no line on requests for window 0 (and 15 more)',
    ]);
  });

  test('that one line in fifty is gone, and whose', () => {
    const { astray } = check(history.filter((_, index) => index % 50 !== 25));
    expect(astray.join('; ')).toMatch(/wrote \d+ lines, \d+ are there/);
    expect(astray.join('; ')).toMatch(/has no line on requests for window/);
  });

  test('that a window was counted twice', () => {
    const twice = history.flatMap((event) =>
      event.kind === 'load' && event.source === 'server' && event.window === 7
        ? [event, { ...event, seq: event.seq + 0.5 }]
        : [event],
    );
    expect(check(recounted(twice)).astray).toEqual(['server has 2 lines on requests for window 7']);
  });

  test('that two lines changed places', () => {
    const [first, second] = history.slice(40, 42);
    if (first === undefined || second === undefined) throw new Error('too short a history');
    const swapped = history.with(40, second).with(41, first);
    expect(check(swapped).astray).toEqual(['event 40 comes after event 41']);
  });

  test('that nothing says how many lines a program wrote, or what it was told', () => {
    const silent = history.filter(
      (event) =>
        !(event.kind === 'told' && event.source === 'server') &&
        !(event.kind === 'record' && event.of === 'server'),
    );
    expect(check(silent).astray).toContain('nothing says how many lines server wrote');
    expect(check(silent).strangers).toEqual(['server does not say what it was told']);
  });

  test('that the programs played another load: the history is that of another guard', () => {
    const other = historyOf({ ...short, policy: 'token-bucket' });
    expect(check(other)).toEqual({
      astray: [],
      strangers: [
        'client was told policy "token-bucket", not "immediate"',
        'server was told policy "token-bucket", not "immediate"',
      ],
    });
  });
});
