import type { RunResult } from '@lab/harness';
import { judgeRun } from '@lab/invariants';
import { mergeCells, scriptedRun, wholeGrid } from '@lab/invariants/scripted';
import { expect, test } from 'vitest';

import { farewell } from './farewell.ts';
import { Interrupted } from './interruption.ts';

const history = mergeCells(wholeGrid('rabbitmq').slice(0, 2), scriptedRun);
const judgement = judgeRun(history);
const [one, two] = judgement.cells;
if (one === undefined || two === undefined) throw new Error('the scripted grid has two cells');
const by = new Interrupted('SIGINT');

function cutRun(cells: RunResult['judgement']['cells']): RunResult {
  const folder = { path: 'x', eventsDir: 'x', logsDir: 'x', historyFile: 'x', resultFile: 'x' };
  return {
    folder,
    header: scriptedRun,
    history,
    judgement: { ...judgement, cells },
    planned: 11,
    gone: [],
  };
}

test('says how far it came and that all is cleared up', () => {
  const cut = [cutRun([one, { ...two, ending: 'aborted' }])];
  expect(farewell({ by, cut, kept: false })).toBe(
    `INTERRUPTED (SIGINT): ${scriptedRun.failureMode} after 1 of 11 cells, which proves nothing\n` +
      'Faults are healed, processes ended, vhosts and keys removed.\n',
  );
});

test('before any run had begun there is nothing to count', () => {
  expect(farewell({ by, cut: [], kept: false, error: by })).toMatch(/^INTERRUPTED \(SIGINT\)\nF/);
});

test('does not claim to have removed what was to be kept', () => {
  expect(farewell({ by, cut: [], kept: true })).toMatch(/brokers, vhosts and keys are kept\.\n$/);
});

test('does not say healed of a fault that does not read back as healed', () => {
  const [fault] = two.faults;
  if (fault === undefined) throw new Error('the scripted reproduction has a fault');
  const cell = { ...two, ending: 'aborted', faults: [{ ...fault, healed: false }] };
  const text = farewell({ by, cut: [cutRun([cell])], kept: false });
  expect(text).toContain(`Not cleared up: "${fault.label}" does not read back as healed\n`);
  expect(text).toMatch(/Clear up with: pnpm fm down\n$/);
  expect(text).not.toContain('Faults are healed');
});

test('tells what a cell, or the laboratory, could not clear up', () => {
  const ending = 'aborted; the cell left something behind: a vhost';
  const text = farewell({
    by,
    cut: [cutRun([{ ...one, ending }])],
    kept: false,
    error: new Error('Toxiproxy does not answer'),
  });
  expect(text).toContain(`Not cleared up: ${ending}\n`);
  expect(text).toContain('Not cleared up: Toxiproxy does not answer\n');
});
