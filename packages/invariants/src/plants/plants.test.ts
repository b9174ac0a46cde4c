import type { Finding, History, InvariantId, Transport } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { splitCells, type CellHistory } from '../cell-history.ts';
import { mergeCells } from '../history-script.ts';
import { everything, judgeCell, type Asked } from '../judge-cell.ts';
import { judgeRun } from '../judge-run.ts';
import { contraryGrid, wholeGrid } from '../scripted-cells.ts';
import { fromWindow, loadCell, loadSetting, loadSpec } from '../scripted-loads.ts';
import { plantAndJudge, plantsOfLoads, plantsOfStrikes } from './index.ts';

const transports: readonly Transport[] = ['rabbitmq', 'bullmq'];
const grids: History = mergeCells(transports.flatMap((transport) => wholeGrid(transport)));
const byIdOf = (plants: object): InvariantId[] => Object.keys(plants) as InvariantId[]; // keys of that record are exactly these

/** The invariants that some cell of these names. */
function namedIn(cells: readonly CellHistory[]): InvariantId[] {
  const named = new Set(cells.flatMap(({ spec }) => Object.keys(spec.expected)));
  return [...named].toSorted() as InvariantId[]; // the schema lets no other key through
}

const holds = (invariant: InvariantId): Finding => ({ invariant, state: 'holds', exercised: 1 });
const violated = (invariant: InvariantId, key = 'job-0001'): Finding => ({
  invariant,
  state: 'violated',
  exercised: 1,
  violations: 1,
  witnesses: [{ key, seqs: [], story: 'always' }],
});

/** All that the lab can ask, but for one invariant, of which one thing is said whatever happened. */
function blind(invariant: InvariantId, say: (id: InvariantId) => Finding): Asked {
  const check = (): Finding => say(invariant);
  return {
    ofStrikes: { ...everything.ofStrikes, [invariant]: { id: invariant, check } },
    ofLoads: { ...everything.ofLoads, [invariant]: check },
  };
}

describe('what is planted in strikes', () => {
  test('is found, every one, on both transports', () => {
    const { planted, verdict, reasons } = judgeRun(grids);
    const named = transports.length * namedIn(splitCells(grids)).length;
    expect(planted).toEqual({ planted: named, found: named, missed: [], nowhere: [] });
    expect({ verdict, reasons }).toEqual({ verdict: 'proven', reasons: [] });
  });

  test('leaves what it is planted in as it is', () => {
    const before = JSON.stringify(grids);
    judgeRun(grids);
    expect(JSON.stringify(grids)).toBe(before);
  });

  test.each(namedIn(splitCells(grids)))(
    'is missed, on both transports, by a judge for whom %s always holds',
    (invariant) => {
      const { planted, verdict, reasons } = judgeRun(grids, blind(invariant, holds));
      expect(planted.found).toBe(planted.planted - planted.missed.length);
      expect(planted.missed.map((one) => [one.invariant, one.transport])).toEqual(
        transports.map((transport) => [invariant, transport]),
      );
      expect(verdict).not.toBe('proven');
      expect(reasons).toContainEqual(
        expect.stringMatching(
          `^what was planted against ${invariant} on rabbitmq, in rabbitmq/[a-z-]+, was not found: .*judge says holds$`,
        ),
      );
    },
  );

  test.each(['INV_004', 'INV_011'] as const)(
    'makes a run inconclusive whose every cell is as expected, because %s always holds',
    (invariant) => {
      const { verdict, worst } = judgeRun(grids, blind(invariant, holds));
      expect({ verdict, worst }).toEqual({ verdict: 'inconclusive', worst: 'as expected' });
    },
  );

  test.each(namedIn(splitCells(grids)))(
    'does not save a judge for whom %s never holds: the run is contrary',
    (invariant) => {
      expect(judgeRun(grids, blind(invariant, violated)).verdict).toBe('disproven');
    },
  );

  test('goes only into cells that came out as expected, and into recovery only against INV_004', () => {
    const bed = (scripts: Parameters<typeof mergeCells>[0]): string[] => {
      const roles: string[] = [];
      plantAndJudge(judgedCells(scripts), (cell) => {
        roles.push(cell.spec.role);
        return judgeCell(cell);
      });
      return roles;
    };
    const backwards = bed(wholeGrid('rabbitmq').toReversed());
    expect(backwards.filter((role) => role === 'recover')).toHaveLength(1);
    // Its control broke off, and its guard failed.
    const contrary = bed(contraryGrid().toReversed());
    expect(contrary.length).toBeGreaterThan(0);
    expect(contrary).not.toContain('control');
    expect(contrary).not.toContain('prevent');
  });

  test('is missed where the witness is somebody else', () => {
    const elsewhere = (cell: CellHistory): ReturnType<typeof judgeCell> => {
      const judgement = judgeCell(cell);
      const findings = judgement.findings.map((judged) =>
        judged.invariant === 'INV_001'
          ? { ...judged, finding: violated('INV_001', 'job-9999') }
          : judged,
      );
      return { ...judgement, findings };
    };
    const cells = judgedCells(wholeGrid('rabbitmq'));
    const { missed } = plantAndJudge(cells, elsewhere);
    expect(missed).toMatchObject([{ invariant: 'INV_001', transport: 'rabbitmq' }]);
    expect(missed[0]?.why).toMatch(/^it was broken for job-\d+, and the witness is job-9999$/);
  });

  test('is missed where a book speaks of something else', () => {
    const { missed } = plantAndJudge(judgedCells(wholeGrid('rabbitmq')), (cell) => ({
      ...judgeCell(cell),
      breaches: [{ book: 'ledger', says: 'no tap saw it', seqs: [] }],
    }));
    expect(new Set(missed.map(({ why }) => why))).toEqual(
      new Set(['the book "ledger" speaks of something else: no tap saw it']),
    );
  });

  test('is nothing where no cell was expected to keep an invariant and kept it', () => {
    const only = judgedCells(wholeGrid('rabbitmq')).filter(
      ({ cell }) => cell.spec.role === 'reproduce',
    );
    const { nowhere, planted, found } = plantAndJudge(only, (cell) => judgeCell(cell));
    expect(nowhere).toEqual([{ invariant: 'INV_001', transport: 'rabbitmq' }]);
    expect(found).toBe(planted);
  });

  test('is missed where the strike left no ordinary job alone, and says so', () => {
    const cells = judgedCells(wholeGrid('rabbitmq')).map(({ cell, judgement }) => {
      const events = cell.events.filter(
        (event) => event.kind !== 'wire' || event.means !== 'confirm',
      );
      return { cell: { ...cell, events }, judgement };
    });
    const { missed, found } = plantAndJudge(cells, (cell) => judgeCell(cell));
    expect(found).toBe(0);
    expect(missed[0]?.why).toBe(
      'the strike left no ordinary job alone in which it could be planted',
    );
  });
});

describe('what is planted in loads', () => {
  const guarded = loadCell(loadSpec({ load: { ...loadSetting, policy: 'token-bucket' } }));

  test('is found', () => {
    const { planted, cells } = judgeRun(guarded.events);
    expect(cells.map(({ conclusion }) => conclusion)).toEqual(['as expected']);
    expect(planted).toEqual({ planted: 2, found: 2, missed: [], nowhere: [] });
  });

  test.each(['INV_009', 'INV_011'] as const)('is missed when %s always holds', (invariant) => {
    const { planted, verdict } = judgeRun(guarded.events, blind(invariant, holds));
    expect(planted.missed.map((one) => one.invariant)).toEqual([invariant]);
    expect(verdict).toBe('inconclusive');
  });

  test('is found in one that was recovered while it went on, and missed when INV_004 always holds', () => {
    const { events } = recoveredLoad();
    const { planted, cells } = judgeRun(events);
    expect(cells.map(({ conclusion }) => conclusion)).toEqual(['as expected']);
    expect(planted).toMatchObject({ planted: 1, found: 1, nowhere: [{}, {}] });
    const { missed } = judgeRun(events, blind('INV_004', holds)).planted;
    expect(missed).toMatchObject([{ invariant: 'INV_004', why: expect.stringMatching(/holds$/) }]);
  });
});

/** A collapsed load that was emptied by hand; what was taken out and given up is counted, so that its books balance. */
function recoveredLoad(): CellHistory {
  const load = { ...loadSetting, observeMs: 20_000 };
  const expected = { INV_004: 'holds', INV_009: 'restored', INV_011: 'restored' } as const;
  const spec = loadSpec({ role: 'recover', load, expected });
  const healthy = fromWindow(17, { ...load, trigger: 'none' });
  const play = (dropped: number, givenUp: number): CellHistory =>
    loadCell(spec, {
      change: (event) => {
        const { seq: _seq, t: _t, cell: _cell, source: _source, ...plain } = event;
        const body = healthy?.(event) ?? plain;
        const first = body.kind === 'load' && body.window === 17 && event.source === 'client';
        return first && body.queue === 'requests'
          ? {
              ...body,
              counts: { ...body.counts, dropped, failed: (body.counts.failed ?? 0) + givenUp },
            }
          : body;
      },
      more: [
        { atMs: 15_000, body: { kind: 'phase', name: 'recover' } },
        { atMs: 17_000, body: { kind: 'recovery', round: 1, exitCode: 0, repairs: dropped } },
        { atMs: 18_000, body: { kind: 'recovery', round: 2, exitCode: 0, repairs: 0 } },
      ],
    });
  const gates = judgeCell(play(0, 0)).load?.gates ?? [];
  const astray = (what: string): number =>
    gates.find(({ name }) => name === `${what} unaccounted for`)?.value ?? 0;
  return play(astray('requests'), astray('jobs'));
}

test('there is a plant for each invariant that can be asked', () => {
  // Nothing sets a limit of attempts for struck jobs yet: INV_009 is asked of loads alone.
  const ofStrikes = byIdOf(everything.ofStrikes).filter((id) => id !== 'INV_009');
  expect(byIdOf(plantsOfStrikes)).toEqual(ofStrikes);
  expect(byIdOf(plantsOfLoads)).toEqual(byIdOf(everything.ofLoads));
});

function judgedCells(scripts: Parameters<typeof mergeCells>[0]) {
  return splitCells(mergeCells(scripts)).map((cell) => ({ cell, judgement: judgeCell(cell) }));
}
