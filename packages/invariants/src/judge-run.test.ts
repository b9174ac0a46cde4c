import { describe, expect, test } from 'vitest';

import { mergeCells, type CellScript } from './history-script.ts';
import { judgeCell, judgeRun, splitCells } from './index.ts';
import {
  ackLost,
  cellOf,
  effectAgain,
  observed,
  scriptedRun,
  wholeGrid,
  type Shape,
} from './scripted-cells.ts';

function judged(cell: CellScript) {
  const [history] = splitCells(mergeCells([cell]));
  if (history === undefined) throw new Error('no cell');
  return judgeCell(history);
}

const reproduce: Shape = {
  role: 'reproduce',
  fault: 'ack-lost',
  expected: { INV_001: 'violated' },
};

describe('judgeRun', () => {
  test('proves nothing from a grid without its controls', () => {
    const withoutControl = wholeGrid('rabbitmq').filter(({ spec }) => spec.role !== 'control');
    const { verdict, worst, missing, reasons } = judgeRun(mergeCells(withoutControl));
    expect({ verdict, worst, missing }).toEqual({
      verdict: 'inconclusive',
      worst: 'as expected',
      missing: [{ transport: 'rabbitmq', role: 'control' }],
    });
    expect(reasons).toEqual(['the grid is not complete: no control on rabbitmq']);
  });

  test('lets the worst cell win', () => {
    const contrary = observed(cellOf({ fault: 'ack-lost' }, ackLost(effectAgain)));
    const open = observed(cellOf({ role: 'recover', expected: { INV_004: 'holds' } }, null));
    expect(judgeRun(mergeCells([...wholeGrid('rabbitmq').slice(1, -1), open])).verdict).toBe(
      'inconclusive',
    );
    expect(judgeRun(mergeCells([...wholeGrid('rabbitmq').slice(1), contrary])).verdict).toBe(
      'disproven',
    );
  });

  test('plants nothing in an unsteered run, which proves nothing whatever its cells come to', () => {
    const planted = (steered: boolean) =>
      judgeRun(mergeCells(wholeGrid('rabbitmq'), { ...scriptedRun, steered })).planted;
    expect(planted(false)).toEqual({ planted: 0, found: 0, missed: [], nowhere: [] });
    expect(planted(true).planted).toBeGreaterThan(0);
  });

  test('is inconclusive when nothing ran', () => {
    expect(judgeRun([])).toMatchObject({ verdict: 'inconclusive', reasons: ['no cell was run'] });
  });

  test('says the same of cells that ran side by side as of each by itself', () => {
    const cells = wholeGrid('rabbitmq');
    const together = judgeRun(mergeCells(cells)).cells.map(({ conclusion, fingerprint }) => [
      conclusion,
      fingerprint,
    ]);
    const alone = cells
      .map((cell) => judged(cell))
      .map(({ conclusion, fingerprint }) => [conclusion, fingerprint]);
    expect(together).toEqual(alone);
  });
});

describe('judgeCell', () => {
  test('calls a reproduction that held contrary, when the experiment took place', () => {
    const held = observed(
      cellOf(
        reproduce,
        ackLost((cell, key) => cell.settle('worker-2', key)),
      ),
    );
    expect(judged(held)).toMatchObject({
      conclusion: 'contrary',
      reasons: ['INV_001 holds, but was expected to be violated'],
    });
  });

  test('calls a reproduction whose fault was withheld inconclusive, not contrary', () => {
    const { conclusion, reasons } = judged(observed(cellOf(reproduce, null)));
    expect(conclusion).toBe('inconclusive');
    expect(reasons).toContain('strike: the fault "ack-lost" was never injected');
  });

  test('calls an unexpected violation contrary although the guard never acted', () => {
    const broken: Shape = {
      role: 'prevent',
      guard: 'split-claim',
      fault: 'ack-lost',
      guardMustAct: true,
    };
    const { conclusion, reasons } = judged(observed(cellOf(broken, ackLost(effectAgain))));
    expect(conclusion).toBe('contrary');
    expect(reasons).toContain('the guard never had to act: it refused no effect');
  });

  test('is inconclusive about an invariant without a checker', () => {
    const { conclusion, reasons } = judged(
      observed(cellOf({ expected: { INV_013: 'holds' } }, null)),
    );
    expect(conclusion).toBe('inconclusive');
    expect(reasons).toEqual(['INV_013 is unknown: the lab has no checker for it yet']);
  });

  test('is inconclusive when nothing is judged, when a fault came uninvited, and when the cell broke off', () => {
    expect(judged(observed(cellOf({ expected: {} }, null))).conclusion).toBe('inconclusive');
    const uninvited = cellOf({}, null)
      .fault('requested', 'hold', 'worker-1>redis')
      .fault('on', 'hold', 'worker-1>redis')
      .ordinary('worker-1', 'job-0007')
      .fault('healing', 'hold', 'worker-1>redis')
      .fault('off', 'hold', 'worker-1>redis');
    expect(judged(observed(uninvited)).reasons).toContain(
      'strike: "hold worker-1>redis" was injected in a cell that has no fault',
    );
    expect(judged(cellOf({}, null).settled().snapshot()).reasons).toEqual(['the cell never ended']);
  });

  test('is contrary when recovery breaks what was whole', () => {
    const worse = cellOf(
      { role: 'recover', fault: 'ack-lost', expected: { INV_001: 'holds' } },
      ackLost((cell, key) => cell.settle('worker-2', key)),
    )
      .settled()
      .snapshot('before recovery')
      .makeGood('job-0002')
      .recovery(1, 1)
      .snapshot('after recovery')
      .compensate('job-0002')
      .recovery(2, 0)
      .snapshot('after second recovery')
      .end();
    expect(judged(worse).conclusion).toBe('contrary');
  });

  test('asks every snapshot where something is to hold, and lets one that does not know decide', () => {
    const judgedWith = (drained: boolean) =>
      judged(
        cellOf(
          { role: 'recover', fault: 'ack-lost', expected: { INV_006: 'holds' } },
          ackLost(effectAgain),
        )
          .settled()
          .snapshot('before recovery', { drained })
          .compensate('job-0004')
          .recovery(1, 1)
          .snapshot('after recovery')
          .recovery(2, 0)
          .snapshot('after second recovery')
          .end(),
      );
    expect(judgedWith(true).conclusion).toBe('as expected');
    expect(judgedWith(false).findings[0]?.finding.state).toBe('unknown');
    expect(judgedWith(false).conclusion).toBe('inconclusive');
  });

  test('doubts a final state that was not drained, whatever the checkers say', () => {
    const reasons = judged(
      cellOf({ expected: { INV_011: 'holds' } }, null)
        .settled()
        .snapshot('final', { drained: false, unacknowledged: 1 })
        .end(),
    ).reasons;
    expect(reasons).toEqual([
      'the queue was not drained at snapshot "final": 0 ready, 1 unacknowledged',
    ]);
  });

  test('counts what crossed the wire', () => {
    const { traffic, guard, faults, recovery } = judged(
      observed(cellOf(reproduce, ackLost(effectAgain))),
    );
    expect(traffic).toMatchObject({
      published: 6,
      accepted: 6,
      deliveries: 7,
      redeliveries: 1,
      settles: 6,
    });
    expect(guard).toEqual({ mustAct: false, refused: 0, refusedKeys: [] });
    expect(faults).toMatchObject([
      {
        label: 'cut worker-1>rabbitmq',
        framesHeld: 1,
        framesLost: 1,
        struckKeys: ['job-0004'],
        healed: true,
      },
    ]);
    expect(recovery).toBeNull();
  });
});
