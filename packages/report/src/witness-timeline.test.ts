import type { History, HistoryEvent } from '@lab/contract';
import { judgeRun } from '@lab/invariants';
import { mergeCells, wholeGrid } from '@lab/invariants/scripted';
import { describe, expect, test } from 'vitest';

import { timelineOf } from './witness-timeline.ts';

const grid = mergeCells(wholeGrid('rabbitmq'));

/** The reproduction's witness, once its events were changed. */
function reproduction(
  change: (event: HistoryEvent) => readonly HistoryEvent[] = (event) => [event],
) {
  const history: History = grid
    .filter(({ cell }) => cell === 'rabbitmq/reproduce')
    .flatMap(change)
    .map((event, seq) => ({ ...event, seq }));
  const timeline = timelineOf(judgeRun(history).cells, history);
  if (timeline === null) throw new Error('nothing was violated');
  return timeline;
}

const isAnswer = (event: HistoryEvent): event is Extract<HistoryEvent, { kind: 'wire' }> =>
  event.kind === 'wire' && event.means === 'effect-applied' && event.keys?.[0] === 'job-0004';

const notes = ({ rows }: ReturnType<typeof reproduction>): string[] =>
  rows.flatMap(({ note, from, to, passage }) =>
    note.endsWith('effect') ? [`${passage} ${from} ${to} ${note}`] : [],
  );

describe('the timeline of a witness', () => {
  test('marks the answer that made it two', () => {
    const timeline = reproduction();
    expect(timeline.breaks).toMatchObject({ what: 'effect applied', note: '2nd effect' });
  });

  test('counts an answer that was held when it was given, and not again when it is let go', () => {
    let held: HistoryEvent | undefined;
    const timeline = reproduction((event) => {
      if (!isAnswer(event)) return [event];
      if (held !== undefined) return [{ ...held, t: event.t }, event]; // let go just before the second one
      held = event;
      return [{ ...event, passage: 'held' }];
    });
    expect(notes(timeline)).toEqual([
      'held redis worker-1 1st effect',
      'crossed redis worker-1 1st effect',
      'crossed redis worker-2 2nd effect',
    ]);
    expect(timeline.breaks).toMatchObject({ to: 'worker-2', note: '2nd effect' });
  });

  test('marks the final state where no frame carried the second effect', () => {
    let first = true;
    const timeline = reproduction((event) => {
      if (!isAnswer(event)) return [event];
      const [kept, refused] = [first, { ...event, means: 'effect-refused' } as const];
      first = false;
      return [kept ? event : refused];
    });
    expect(timeline.breaks).toMatchObject({
      kind: 'state',
      what: '2 effects of job-0004 in the ledger',
    });
  });
});
