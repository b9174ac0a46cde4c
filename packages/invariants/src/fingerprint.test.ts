import type { HistoryEvent } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { mergeCells, type CellScript } from './history-script.ts';
import { fingerprint, splitCells, trace } from './index.ts';
import {
  ackLost,
  cellOf,
  effectAgain,
  lateEffect,
  leaseStolen,
  observed,
  refusedByGuard,
  type Shape,
} from './scripted-cells.ts';

const onRabbitmq: Shape = { role: 'reproduce', fault: 'ack-lost' };
const onBullmq: Shape = { transport: 'bullmq', role: 'reproduce', fault: 'lease-stolen' };

function events(cell: CellScript): HistoryEvent[] {
  return mergeCells([observed(cell)]);
}

function printOf(history: readonly HistoryEvent[]): string {
  const [cell] = splitCells(history);
  if (cell === undefined) throw new Error('no cell');
  return fingerprint(cell);
}

/** The same history with two neighbouring events exchanged in time. */
function exchange(
  history: readonly HistoryEvent[],
  first: (event: HistoryEvent) => boolean,
  second: (event: HistoryEvent) => boolean,
): HistoryEvent[] {
  const later = history.findIndex(second);
  const earlier = history.findIndex(first);
  const moved = history[later];
  if (moved === undefined || earlier < 0 || later < earlier) throw new Error('nothing to exchange');
  const rest = history.toSpliced(later, 1);
  return renumber(rest.toSpliced(earlier, 0, moved));
}

function renumber(history: readonly HistoryEvent[]): HistoryEvent[] {
  return history.map((event, seq) => ({ ...event, seq }));
}

const wire =
  (means: string, link: string, passage = 'crossed') =>
  (event: HistoryEvent): boolean =>
    event.kind === 'wire' &&
    event.means === means &&
    event.link === link &&
    event.passage === passage &&
    event.keys?.[0] === 'job-0004';
const fault = (phase: string) => (event: HistoryEvent) =>
  event.kind === 'fault' && event.phase === phase;

describe('fingerprint', () => {
  const rabbitmq = events(cellOf(onRabbitmq, ackLost(effectAgain)));
  const bullmq = events(cellOf(onBullmq, leaseStolen(lateEffect)));

  test('does not depend on clocks, numbers of connections or delivery tags', () => {
    const other = rabbitmq.map((event): HistoryEvent => {
      const moved = { ...event, t: event.t * 3 + 17, seq: event.seq + 100 };
      return moved.kind === 'wire'
        ? { ...moved, connection: moved.connection + 5, deliveryTag: 9 }
        : moved;
    });
    expect(printOf(other)).toBe(printOf(rabbitmq));
  });

  test('does not depend on which worker got the job first', () => {
    const names: Record<string, string> = { 'worker-1': 'worker-2', 'worker-2': 'worker-1' };
    const swapped = JSON.parse(
      JSON.stringify(rabbitmq).replaceAll(/worker-[12]/g, (name) => names[name] ?? name),
    ) as HistoryEvent[]; // the same shape, other names
    expect(printOf(swapped)).toBe(printOf(rabbitmq));
  });

  test('does not depend on which job was struck', () => {
    const renamed = JSON.parse(
      JSON.stringify(rabbitmq).replaceAll(/job-000[45]/g, (key) =>
        key === 'job-0004' ? 'job-0005' : 'job-0004',
      ),
    ) as HistoryEvent[]; // the same shape, other keys
    expect(printOf(renamed)).toBe(printOf(rabbitmq));
  });

  test.each([
    [
      'the loss is seen before the fault is read back',
      fault('on'),
      wire('settle', 'worker-1>rabbitmq', 'lost'),
    ],
    [
      'the redelivery overtakes the loss',
      wire('settle', 'worker-1>rabbitmq', 'lost'),
      wire('deliver', 'worker-2>rabbitmq'),
    ],
    [
      'the fault heals before the other worker settles',
      wire('settle', 'worker-2>rabbitmq'),
      fault('off'),
    ],
  ])('is the same when %s', (_, first, second) => {
    expect(printOf(exchange(rabbitmq, first, second))).toBe(printOf(rabbitmq));
  });

  test.each([
    [
      'one worker settles after the other was answered',
      wire('settle', 'worker-2>redis'),
      wire('effect-applied', 'worker-1>redis'),
    ],
    [
      'the heal is noted after the answer came',
      fault('off'),
      wire('effect-applied', 'worker-1>redis'),
    ],
  ])('is the same when %s', (_, first, second) => {
    expect(printOf(exchange(bullmq, first, second))).toBe(printOf(bullmq));
  });

  test('leaves out lease renewals, which come by the clock', () => {
    const at = bullmq.findIndex(fault('on'));
    const sample = bullmq.find(wire('effect', 'worker-1>redis', 'held'));
    if (sample?.kind !== 'wire') throw new Error('no held frame');
    const renewal: HistoryEvent = { ...sample, means: 'renew', frame: 'EVALSHA extendLocks' };
    expect(printOf(renumber(bullmq.toSpliced(at, 0, renewal, renewal)))).toBe(printOf(bullmq));
  });

  test('differs when the effects reach the store in the other order', () => {
    const early = exchange(
      bullmq,
      wire('effect-applied', 'worker-2>redis'),
      wire('effect-applied', 'worker-1>redis'),
    );
    expect(printOf(early)).not.toBe(printOf(bullmq));
  });

  test('differs when the guard refuses instead of the effect happening again', () => {
    expect(printOf(events(cellOf(onRabbitmq, ackLost(refusedByGuard))))).not.toBe(
      printOf(rabbitmq),
    );
  });

  test('differs when another job has another fate', () => {
    const another = cellOf(onRabbitmq, ackLost(effectAgain)).deliver('worker-1', 'job-0002', true);
    expect(printOf(events(another))).not.toBe(printOf(rabbitmq));
  });

  test('of a cell without a fault is that of its outcomes', () => {
    const [cell] = splitCells(events(cellOf({}, null)));
    expect(cell && trace(cell)).toEqual(['6 others: deliveries 1 effects 1 compensated 0']);
  });

  test('can be read as an order of events', () => {
    const [cell] = splitCells(rabbitmq);
    expect(cell && trace(cell)).toEqual([
      'held settle worker-A>rabbitmq',
      'on cut worker-A>rabbitmq',
      'deliver worker-B redelivered',
      'effect worker-B',
      'effect-applied worker-B',
      'lost settle worker-A>rabbitmq',
      'settle worker-B',
      'off cut worker-A>rabbitmq',
      'struck: deliveries 2 effects 2 compensated 0',
      '5 others: deliveries 1 effects 1 compensated 0',
    ]);
  });
});
