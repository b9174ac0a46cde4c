import type { Finding, Snapshot } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { mergeCells, type CellScript } from './history-script.ts';
import { splitCells } from './index.ts';
import { messageInOnePlace } from './inv-012-message-in-one-place.ts';
import { cellOf, observed, struck } from './scripted-cells.ts';

function judge(
  change: Partial<Snapshot>,
  strike: ((cell: CellScript, key: string) => CellScript) | null = null,
): Finding {
  const [cell] = splitCells(mergeCells([observed(cellOf({}, strike))]));
  const snapshot = cell?.events.findLast((event) => event.kind === 'snapshot')?.snapshot;
  if (cell === undefined || snapshot === undefined) throw new Error('no cell with a snapshot');
  return messageInOnePlace.check(cell, { ...snapshot, ...change });
}

const stories = (finding: Finding): string[] =>
  finding.state === 'violated' ? finding.witnesses.map(({ story }) => story) : [finding.state];

const givenUp = (cell: CellScript, key: string): CellScript =>
  cell.publish(key).deliver('worker-1', key).wire('worker-1', 'reject', key);

const unsettled = (cell: CellScript, key: string): CellScript =>
  cell.publish(key).deliver('worker-1', key).effect('worker-1', key);

describe('INV_012', () => {
  test('takes a dead letter, an effect and a message in the queue for one place each', () => {
    expect(judge({ dead: [struck] }, givenUp).state).toBe('holds');
    expect(judge({}).state).toBe('holds');
    expect(judge({ ready: 1 }, (cell, key) => cell.publish(key)).state).toBe('holds');
  });

  test('is broken by a job that is dead twice', () => {
    expect(stories(judge({ dead: [struck, struck] }, givenUp))).toEqual([
      expect.stringMatching(/^job-0004: .*dead-lettered 2 times$/),
    ]);
  });

  test('is broken by a job that is dead and effected', () => {
    expect(stories(judge({ dead: ['job-0001'] }))).toEqual([
      expect.stringMatching(/^job-0001: .*both effected and dead-lettered$/),
    ]);
  });

  test('leaves an effect whose message is still queued in one place: the queue', () => {
    expect(judge({ ready: 1 }, unsettled).state).toBe('holds');
    expect(judge({ unacknowledged: 1 }, unsettled).state).toBe('holds');
  });

  test('is broken by one message out of nothing, ready or in flight', () => {
    for (const change of [{ ready: 1 }, { unacknowledged: 1 }]) {
      expect(stories(judge(change))).toEqual([
        'the queue holds 1 message; at most 0 can be left of what was published',
      ]);
    }
    expect(stories(judge({ ready: 2 }, unsettled))).toEqual([
      'the queue holds 2 messages; at most 1 can be left of what was published',
    ]);
  });

  test('is broken by one job that vanished beside one that is queued', () => {
    const two = (cell: CellScript, key: string): CellScript =>
      cell
        .publish(key)
        .publish('job-0007')
        .deliver('worker-1', 'job-0007')
        .settle('worker-1', 'job-0007');
    expect(stories(judge({ ready: 1 }, two))).toEqual([
      expect.stringMatching(/^job-0007: .*neither queued, effected nor dead-lettered$/),
    ]);
  });
});
