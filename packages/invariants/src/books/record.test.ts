import type { History, HistoryEvent, Transport } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { mergeCells } from '../history-script.ts';
import { judgeRun } from '../index.ts';
import { cellOf, observed, scriptedRun, wholeGrid } from '../scripted-cells.ts';
import { told } from './tampering.ts';

const control = () => observed(cellOf({}, null));

describe('the record', () => {
  test('is silent where all lines are there', () => {
    expect(told(control())).toEqual([]);
  });

  test('says when a program wrote before it was started, or after it had ended', () => {
    const at = (t: number) => (event: HistoryEvent) =>
      event.source === 'producer' ? { ...event, t } : event;
    expect(told(control(), at(0))).toContain('record: producer wrote before it was started');
    expect(told(control(), at(1e6))).toContain('record: producer wrote after it had ended');
  });

  test('says when a phase comes twice, when a held frame goes nowhere, when a connection has no end', () => {
    expect(
      told(control(), (event) =>
        event.kind === 'phase' && event.name === 'load' ? [event, event] : event,
      ),
    ).toContain('record: phase "load" comes again, or too late');
    expect(
      told(control(), (event) =>
        event.kind === 'wire' && event.means === 'settle' ? { ...event, passage: 'held' } : event,
      )[0],
    ).toMatch(/record: the .* held on worker-\d>rabbitmq neither crossed nor was lost/);
    expect(
      told(control(), (event) =>
        event.kind === 'connection' && event.phase === 'ended' ? null : event,
      ),
    ).toContain('record: connection 1 of worker-1>redis never ended');
  });

  test('says when the run had another plan', () => {
    const run = (change: (event: HistoryEvent) => HistoryEvent): string[] =>
      judgeRun(mergeCells(wholeGrid('rabbitmq'), scriptedRun).map(change)).reasons.slice(0, 2);
    const planning = (cells: (ids: readonly string[]) => string[]) =>
      run((event) =>
        event.kind === 'run' && event.header.plan !== undefined
          ? {
              ...event,
              header: {
                ...event.header,
                planned: cells(event.header.plan.cells).length,
                plan: { ...event.header.plan, cells: cells(event.header.plan.cells) },
              },
            }
          : event,
      );
    expect(planning((ids) => [...ids, 'another'])).toEqual([
      'publish: another was planned and not played',
    ]);
    expect(planning((ids) => ids.slice(1))).toEqual([
      'publish: rabbitmq/control was played and not planned',
    ]);
  });
});

/** Nothing of what the lab wrote can be missing, doubled or moved without its verdict. */
describe.each<Transport>(['rabbitmq', 'bullmq'])('in a good run on %s', (transport) => {
  const roles = ['reproduce', 'recover']; // between them every kind of line
  const cells = wholeGrid(transport).filter(({ spec }) => roles.includes(spec.role));
  const history = mergeCells(cells, scriptedRun);
  const unnoticed = (change: (at: number) => HistoryEvent[]): number[] =>
    history.flatMap((_, at) => (judgeRun(change(at)).worst === 'as expected' ? [at] : []));
  const renumbered = (events: History): HistoryEvent[] =>
    events.map((event, seq) => ({ ...event, seq }));

  test('every line is missed when it is gone, even when the rest is numbered again', () => {
    expect(judgeRun(history).worst).toBe('as expected');
    expect(unnoticed((at) => history.toSpliced(at, 1))).toEqual([]);
    expect(unnoticed((at) => renumbered(history.toSpliced(at, 1)))).toEqual([]);
  }, 120_000);

  test('every line is noticed when it is doubled, even when all is numbered again', () => {
    const twice = (at: number): HistoryEvent[] =>
      history.toSpliced(at, 0, ...history.slice(at, at + 1));
    expect(unnoticed(twice)).toEqual([]);
    expect(unnoticed((at) => renumbered(twice(at)))).toEqual([]);
  }, 120_000);

  test('any two neighbours are noticed when they change places', () => {
    const neighbours = (at: number): HistoryEvent[] => {
      const [first, second] = history.slice(at, at + 2);
      return first === undefined || second === undefined
        ? []
        : history.toSpliced(at, 2, second, first);
    };
    expect(unnoticed(neighbours)).toEqual([]);
  }, 60_000);
});
