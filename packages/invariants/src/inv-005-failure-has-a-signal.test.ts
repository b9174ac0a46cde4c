import type { Finding } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { mergeCells, type CellScript } from './history-script.ts';
import { splitCells } from './index.ts';
import { failureHasASignal } from './inv-005-failure-has-a-signal.ts';
import { cellOf, observed, struck } from './scripted-cells.ts';

const begins = (cell: CellScript, role: string): CellScript =>
  cell.record(role, { kind: 'job', op: 'attempt', phase: 'invoke', key: struck });
const complains = (cell: CellScript, role: string): CellScript =>
  cell.say(role, 'effect', 'fail', struck, 'the handler threw');

/** Among ordinary jobs one that is settled without an effect, lived as told. */
function judge(live: (cell: CellScript) => CellScript): Finding {
  const script = cellOf({}, (cell, key) => live(cell.publish(key)));
  const [cell] = splitCells(mergeCells([observed(script)]));
  const snapshot = cell?.events.findLast((event) => event.kind === 'snapshot')?.snapshot;
  if (cell === undefined || snapshot === undefined) throw new Error('no cell with a snapshot');
  return failureHasASignal.check(cell, snapshot);
}

describe('INV_005, of a loss', () => {
  test('hears the complaint of the attempt that settled it', () => {
    const finding = judge((cell) =>
      complains(cell.deliver('worker-1', struck), 'worker-1').settle('worker-1', struck),
    );
    expect(finding.state).toBe('holds');
  });

  test('hears it also where the worker was ahead of the tap that stamped the delivery', () => {
    const finding = judge((cell) =>
      complains(begins(cell, 'worker-1'), 'worker-1')
        .wire('worker-1', 'deliver', struck)
        .settle('worker-1', struck),
    );
    expect(finding.state).toBe('holds');
  });

  test('does not take the complaint of an earlier attempt for one about the loss', () => {
    const finding = judge((cell) => {
      complains(cell.deliver('worker-1', struck), 'worker-1');
      cell.wire('worker-1', 'requeue', struck);
      return cell.deliver('worker-1', struck, true).settle('worker-1', struck);
    });
    expect(finding).toMatchObject({ state: 'violated', witnesses: [{ key: struck }] });
  });

  test('is broken by one that nobody complained of', () => {
    const finding = judge((cell) => cell.deliver('worker-1', struck).settle('worker-1', struck));
    expect(finding).toMatchObject({ violations: 1, witnesses: [{ key: struck }] });
  });
});
