/** What the books make of jobs that are given up in ways that go past producer and handler. */
import { queueNames, type Transport } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { evidenceOf } from '../evidence.ts';
import { mergeCells, type CellScript } from '../history-script.ts';
import { splitCells } from '../index.ts';
import type { Breach } from '../judgement.ts';
import { cellOf, keysOf, observed, struck } from '../scripted-cells.ts';
import { deliveryBook } from './delivery.ts';
import { explanationsOf } from './explanations.ts';
import { publishBook } from './publish.ts';

/** What a book says of a cell of ordinary jobs with one that lives as told. */
function told(
  transport: Transport,
  book: 'delivery' | 'publish',
  live: (cell: CellScript) => CellScript,
): string[] {
  const script = observed(cellOf({ transport }, (cell) => live(cell.publish(struck))));
  const [cell] = splitCells(mergeCells([script]));
  if (cell === undefined) throw new Error('no cell');
  const orders = keysOf(cell.spec.jobs).map((key) => ({ key, amount: 100 }));
  const evidence = evidenceOf(cell);
  const explanations = explanationsOf(evidence);
  const breaches: Breach[] =
    book === 'delivery'
      ? deliveryBook(cell.spec, evidence, explanations)
      : publishBook({ ...cell.spec, orders }, evidence, explanations);
  return breaches.filter(({ says }) => says.includes(struck)).map(({ says }) => says);
}

const givenUp = (cell: CellScript, detail: string): CellScript =>
  cell
    .wire('worker-2', 'deliver', struck)
    .record('tap', {
      kind: 'wire',
      link: 'worker-2>redis',
      connection: 1,
      direction: 'up',
      protocol: 'redis',
      frame: 'EVALSHA moveToFinished',
      passage: 'crossed',
      means: 'reject',
      keys: [struck],
      detail,
    })
    .wire('worker-2', 'settle-reply', struck);

describe('the delivery book', () => {
  test.each(['stalled', 'started'])(
    'asks no worker for a word of a job that BullMQ gives up because it %s too often',
    (count) => {
      const detail = `failed: job ${count} more than allowable limit`;
      expect(told('bullmq', 'delivery', (cell) => givenUp(cell, detail))).toEqual([]);
    },
  );

  test('asks for it where the handler gave it up', () => {
    const says = told('bullmq', 'delivery', (cell) => givenUp(cell, 'failed: no such account'));
    expect(says).toEqual([`the links of worker-2 brought ${struck} once; it says 0 times`]);
  });
});

describe('the publish book', () => {
  const copied = (queue: string) => (cell: CellScript) =>
    cell.record('tap', {
      kind: 'wire',
      link: 'worker-1>rabbitmq',
      connection: 1,
      direction: 'up',
      protocol: 'amqp',
      frame: 'basic.publish',
      passage: 'crossed',
      means: 'publish',
      keys: [struck],
      detail: queue,
    });
  const twice = `${struck} was published 2 times`;

  test('takes a copy in the dead-letter queue for no second order', () => {
    expect(told('rabbitmq', 'publish', copied(queueNames.dead))).not.toContain(twice);
  });

  test('takes one in the queue of jobs for one', () => {
    expect(told('rabbitmq', 'publish', copied(queueNames.jobs))).toContain(twice);
  });
});
