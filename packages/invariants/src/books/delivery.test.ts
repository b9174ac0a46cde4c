/** A job of BullMQ that is given back over a connection that ended, after its lease was lost: as live workers do it. */
import { describe, expect, test } from 'vitest';

import { evidenceOf } from '../evidence.ts';
import { mergeCells, type CellScript } from '../history-script.ts';
import { splitCells } from '../index.ts';
import { cellOf, observed, struck } from '../scripted-cells.ts';
import { deliveryBook } from './delivery.ts';
import { explanationsOf } from './explanations.ts';

function told(live: (cell: CellScript) => CellScript): string[] {
  const strike = (cell: CellScript): CellScript => live(cell.publish(struck));
  const script = observed(cellOf({ transport: 'bullmq' }, strike));
  const [cell] = splitCells(mergeCells([script]));
  if (cell === undefined) throw new Error('no cell');
  const evidence = evidenceOf(cell);
  return deliveryBook(cell.spec, evidence, explanationsOf(evidence)).map(({ says }) => says);
}

const refuse = (cell: CellScript, script: string): CellScript =>
  cell.record('tap', {
    kind: 'wire',
    link: 'worker-1>redis',
    connection: 2,
    direction: 'down',
    protocol: 'redis',
    frame: `reply EVALSHA ${script}`,
    passage: 'crossed',
    keys: [struck],
    detail: '-2 missing lock',
  });
/** Given back once, which is lost; again on the next connection, which is refused. */
const givenBackTwice = (cell: CellScript): CellScript => {
  cell.deliver('worker-1', struck).wire('worker-1', 'requeue', struck, 'lost');
  return cell.reconnect('worker-1', 'redis').wire('worker-1', 'requeue', struck);
};
const notGiven = `worker-1 sent a requeue of ${struck}, which it was not given`;

describe('the delivery book, of a job that is given back', () => {
  test('counts a command that was lost, and one that was refused, for one that may follow', () => {
    const says = told((cell) =>
      refuse(
        refuse(givenBackTwice(cell), 'moveJobFromActiveToWait').wire('worker-1', 'requeue', struck),
        'retryJob',
      ),
    );
    expect(says).toEqual([]);
  });

  test('asks for a delivery behind one that follows neither', () => {
    expect(told((cell) => givenBackTwice(cell).wire('worker-1', 'requeue', struck))).toEqual([
      notGiven,
    ]);
  });
});
