/** What is said when the books of a cell do not add up, when a server is gone, and when what was planted was not found. */
import type { Breach, Judgement, RunJudgement } from '@lab/invariants';
import { judgeRun } from '@lab/invariants';
import { mergeCells, scriptedRun as run, wholeGrid } from '@lab/invariants/scripted';
import { describe, expect, test } from 'vitest';

import { renderCellLine, renderGrid, toJUnit, toMarkdown, toResult, type Style } from './index.ts';
import { booksWords } from './words.ts';

const narrow: Style = { color: false, unicode: false, width: 80 };
const history = mergeCells(wholeGrid('rabbitmq'), run);
const whole = judgeRun(history);

const breaches = Array.from({ length: 9 }, (_, index): Breach => ({
  book: 'ledger',
  says: `no tap saw the effect of job-000${index + 1} (entry-${index + 1}) that stands in the ledger`,
  seqs: [120 + index],
}));

/** The run with its first cell changed. */
function withFirstCell(change: Partial<Judgement>): RunJudgement {
  const [first, ...others] = whole.cells;
  if (first === undefined) throw new Error('the scripted grid has cells');
  return {
    ...whole,
    verdict: 'inconclusive',
    worst: 'inconclusive',
    cells: [{ ...first, conclusion: 'inconclusive', ...change }, ...others],
  };
}

const broken = withFirstCell({
  breaches,
  reasons: breaches.map(({ book, says }) => `${book}: ${says}`),
});

/** One line again: what a page of 80 columns broke. */
const unfolded = (page: string): string => page.replaceAll(/\s+/g, ' ');

function fits(page: string): boolean {
  return page.split('\n').every((line) => line.length <= narrow.width && !/\s$/.test(line));
}

describe('books that do not add up', () => {
  test('are told on the page: what it means, the first reasons, and how many more there are', () => {
    const page = renderGrid(run, broken, history, narrow);
    expect(unfolded(page)).toContain(
      '? its books do not add up: nothing that it shows can be relied on (look at event 120 first) ? ledger: no tap saw',
    );
    expect(unfolded(page)).toContain(
      'job-0006 (entry-6) that stands in the ledger ? and 3 more, in result.json',
    );
    expect(page).not.toContain('job-0007 (entry-7)');
    expect(fits(page)).toBe(true);
  });

  test('are told when the cell ends, the first of them', () => {
    const [cell] = broken.cells;
    const line = cell === undefined ? '' : renderCellLine(cell, narrow);
    expect(line.split('\n')).toHaveLength(1 + 6 + 1);
    expect(line).toMatch(/ {4}\? and 3 more, in result\.json$/);
  });

  test('stand in the documents, every one', () => {
    expect(toResult(run, broken, history).cells[0]).toMatchObject({ breaches });
    const junit = toJUnit(run, broken, history);
    expect(junit).toContain('its books do not add up');
    expect(junit).toContain('job-0009 (entry-9)');
    expect(toMarkdown(run, broken, history)).toContain('its books do not add up');
  });

  test('are not said to be the trouble where they accuse the system, or the machine was in the way', () => {
    const [cell] = whole.cells;
    if (cell === undefined) throw new Error('the scripted grid has cells');
    const surprise: Breach = { book: 'surprise', says: 'job-0001 was lost', seqs: [7] };
    expect(booksWords({ ...cell, conclusion: 'contrary', breaches })).toBeNull();
    expect(booksWords({ ...cell, conclusion: 'inconclusive', breaches: [surprise] })).toBeNull();
    expect(booksWords({ ...cell, conclusion: 'inconclusive', disturbed: true })).toMatch(
      /^the machine/,
    );
  });
});

describe('servers that are gone', () => {
  test.each([
    [
      ['redis'],
      'redis is gone: a cell that ended without it says nothing; start it and run again.',
    ],
    [
      ['redis', 'toxiproxy'],
      'redis and toxiproxy are gone: a cell that ended without them says nothing; start them and run again.',
    ],
  ])('are named on the page and in every document: %j', (gone, words) => {
    const judgement = { ...broken, gone };
    const page = renderGrid(run, judgement, history, narrow);
    expect(unfolded(page)).toContain(words);
    expect(fits(page)).toBe(true);
    expect(toMarkdown(run, judgement, history)).toContain(words);
    expect(toResult(run, judgement, history).gone).toEqual(gone);
    const junit = toJUnit(run, judgement, history);
    for (const server of gone) expect(junit).toContain(`<property name="gone" value="${server}"/>`);
  });

  test('are not mentioned where none is', () => {
    expect(renderGrid(run, whole, history, narrow)).not.toContain('gone');
  });
});

describe('what was planted', () => {
  const missed = [
    {
      invariant: 'INV_011',
      transport: 'rabbitmq',
      cell: 'rabbitmq/control',
      why: 'it was broken for job-0001, and the judge says holds',
    },
  ] as const;
  const blind: RunJudgement = {
    ...whole,
    verdict: 'inconclusive',
    planted: {
      planted: 6,
      found: 5,
      missed,
      nowhere: [{ invariant: 'INV_009', transport: 'bullmq' }],
    },
    reasons: ['what was planted against INV_011 on rabbitmq was not found'],
  };

  test('and found is counted under the verdict, in one line of 80 columns', () => {
    const { planted } = whole;
    expect(planted.planted).toBeGreaterThan(5);
    expect(renderGrid(run, whole, history, narrow)).toContain(
      `  planted ${planted.planted}, found ${planted.found}: all that held was broken once on purpose, and seen.\n`,
    );
  });

  test('and not found takes the verdict away, and says so', () => {
    const page = renderGrid(run, blind, history, narrow);
    expect(unfolded(page)).toContain(
      '8 cells ran, as expected; with a judge that does not see what is broken that proves nothing. ' +
        'planted 6, found 5: what the judge did not see broken, it cannot call whole. ' +
        'not planted on BullMQ: INV_009, which no cell was to keep and kept.',
    );
    expect(fits(page)).toBe(true);
    expect(toMarkdown(run, blind, history)).toContain('planted 6, found 5');
    expect(toResult(run, blind, history).planted).toEqual(blind.planted);
  });

  test('and not found is an error of a test of its own', () => {
    expect(toJUnit(run, blind, history)).toMatch(
      /name="what was planted was found"[^>]*>\s*<error message="planted 6, found 5: [^"]*">[^<]*INV_011 on rabbitmq, in rabbitmq\/control: it was broken for job-0001/,
    );
    expect(toJUnit(run, whole, history)).toMatch(
      /name="what was planted was found"[^>]*>\s*<system-out>planted \d+, found \d+/,
    );
  });
});
