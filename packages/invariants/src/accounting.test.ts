import { describe, expect, test } from 'vitest';

import { mergeCells, type CellScript } from './history-script.ts';
import { accounting, splitCells } from './index.ts';
import { ackLost, cellOf, deliveryLost, effectAgain, skipSilently } from './scripted-cells.ts';

function counted(cell: CellScript) {
  const [history] = splitCells(mergeCells([cell.snapshot()]));
  const snapshot = history?.events.findLast((event) => event.kind === 'snapshot')?.snapshot;
  if (history === undefined || snapshot === undefined) throw new Error('no snapshot');
  const found = accounting(history, snapshot);
  if (found.kind === 'unknown') throw new Error(found.reason);
  return Object.fromEntries(
    Object.entries(found).flatMap(([word, tally]) =>
      typeof tally === 'string' ? [] : [[word, tally.count]],
    ),
  );
}

const none = { lost: 0, unexpected: 0, duplicated: 0, recovered: 0, deadLettered: 0 };

describe('accounting', () => {
  test('finds nothing amiss where nothing went wrong', () => {
    expect(counted(cellOf({}, null))).toEqual({ ...none, attempted: 6, acknowledged: 6, ok: 6 });
  });

  test('counts each extra effect as duplicated', () => {
    const thrice = cellOf(
      {},
      ackLost((cell, key) => effectAgain(cell, key).effect('worker-2', key)),
    );
    expect(counted(thrice)).toEqual({
      ...none,
      attempted: 6,
      acknowledged: 6,
      ok: 6,
      duplicated: 2,
    });
  });

  test('takes compensations into account', () => {
    const compensated = cellOf({}, ackLost(effectAgain)).compensate('job-0004');
    expect(counted(compensated)).toMatchObject({ duplicated: 0, ok: 6 });
  });

  test('counts acknowledged work without effect as lost', () => {
    expect(counted(cellOf({}, deliveryLost(skipSilently)))).toMatchObject({ ok: 5, lost: 1 });
  });

  test('calls effects of what nobody published unexpected', () => {
    expect(counted(cellOf({}, null).makeGood('job-9999'))).toMatchObject({ ok: 6, unexpected: 1 });
  });

  test('calls work that was done although never acknowledged recovered', () => {
    const unconfirmed = cellOf({}, (cell, key) =>
      cell.wire('producer', 'publish', key).deliver('worker-1', key).effect('worker-1', key),
    );
    expect(counted(unconfirmed)).toMatchObject({
      attempted: 6,
      acknowledged: 5,
      ok: 6,
      recovered: 1,
    });
  });

  test('counts dead-lettered work as dequeued', () => {
    const dead = cellOf({}, (cell, key) => cell.publish(key).deadLetter('worker-1', key));
    expect(counted(dead)).toMatchObject({ ok: 6, lost: 0, deadLettered: 1 });
  });

  test('does not count a queue that was not drained', () => {
    const [history] = splitCells(mergeCells([cellOf({}, null)]));
    if (history === undefined) throw new Error('no cell');
    const snapshot = {
      name: 'final',
      drained: true,
      ready: 2,
      unacknowledged: 0,
      dead: [],
      ledger: [],
    };
    expect(accounting(history, snapshot)).toMatchObject({ kind: 'unknown' });
  });
});
