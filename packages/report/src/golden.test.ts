import { readFileSync } from 'node:fs';

import type { HistoryEvent } from '@lab/contract';
import { judgeRun } from '@lab/invariants';
import { describe, expect, test } from 'vitest';

import {
  renderCellLine,
  renderDiscardedLine,
  renderFooter,
  renderGrid,
  renderRepeat,
  toJson,
  toJUnit,
  toMarkdown,
  type RepeatedCell,
  type Style,
} from './index.ts';
import { byTransport } from './words.ts';

const folder = `${import.meta.dirname}/..`;

function stored(name: string) {
  const text = readFileSync(`${folder}/histories/${name}.jsonl`, 'utf8');
  const history = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryEvent); // written by histories/write.ts
  const start = history.find((event) => event.kind === 'run');
  if (start === undefined) throw new Error(`${name} has no run`);
  return { run: start.header, history, judgement: judgeRun(history) };
}

const wide: Style = { color: false, unicode: true, width: 100 };
const narrow: Style = { color: false, unicode: false, width: 80 };
const colored: Style = { color: true, unicode: true, width: 120 };

describe.each(['proven', 'disproven'])('%s', (name) => {
  const { run, history, judgement } = stored(name);

  test.each([
    [
      'grid.txt',
      renderGrid(run, judgement, history, wide) + renderFooter(run, `runs/${run.id}`, wide),
    ],
    ['grid-narrow-ascii.txt', renderGrid(run, judgement, history, narrow)],
    ['grid-color.ansi', renderGrid(run, judgement, history, colored)],
    ['cell-lines.txt', judgement.cells.map((cell) => `${renderCellLine(cell, wide)}\n`).join('')],
    ['result.json', toJson(run, judgement, history)],
    ['junit.xml', toJUnit(run, judgement, history)],
    ['report.md', toMarkdown(run, judgement, history)],
  ])('is rendered as %s, byte for byte', async (file, text) => {
    await expect(text).toMatchFileSnapshot(`${folder}/golden/${name}/${file}.golden`);
  });

  test('has no escape byte without colour and fits its width', () => {
    for (const style of [wide, narrow]) {
      const text = renderGrid(run, judgement, history, style);
      expect(text).not.toContain('\u001B');
      const lines = text.split('\n');
      expect(Math.max(...lines.map((line) => Array.from(line).length))).toBeLessThanOrEqual(
        style.width,
      );
      expect(lines.filter((line) => /\s$/.test(line))).toEqual([]);
    }
  });

  test('says the same with colour as without', () => {
    const plain = renderGrid(run, judgement, history, { ...colored, color: false });
    // oxlint-disable-next-line no-control-regex -- colour codes are what is taken off
    const stripped = renderGrid(run, judgement, history, colored).replaceAll(/\u001B\[\d+m/g, '');
    expect(stripped).toBe(plain);
  });

  test('draws ASCII alone where there is no Unicode', () => {
    const ascii =
      renderGrid(run, judgement, history, narrow) +
      judgement.cells.map((cell) => renderCellLine(cell, narrow)).join('\n');
    expect(/^[\u0020-\u007E\n]*$/.test(ascii)).toBe(true);
  });

  test('agrees in all renderings about every cell', () => {
    const grid = renderGrid(run, judgement, history, wide);
    const markdown = toMarkdown(run, judgement, history);
    const words = [
      ...grid.matchAll(
        /[✓✕?] (SOUND|UNSOUND|(?:NOT )?(?:REPRODUCED|PREVENTED|RECOVERED)|PLACEBO FAILS|INCONCLUSIVE)$/gm,
      ),
    ].map(([, word]) => word);
    const rows = [...markdown.matchAll(/\| \*{0,2}[✓✕?] ([A-Z ]+)\*{0,2} \|$/gm)].map(
      ([, word]) => word,
    );
    const document = JSON.parse(toJson(run, judgement, history)) as {
      cells: { outcome: string }[];
    }; // the schema says so
    const outcomes = document.cells.map(({ outcome }) => outcome);
    expect(words).toEqual(outcomes);
    expect(rows).toEqual(outcomes);
    expect(byTransport(judgement.cells).flatMap(([, cells]) => cells)).toHaveLength(
      outcomes.length,
    );
  });
});

describe('renderRepeat', () => {
  const { run, judgement } = stored('proven');
  const cells = judgement.cells
    .filter(({ spec }) => spec.role === 'reproduce' || spec.role === 'prevent')
    .map(({ spec }, index) => ({ spec, runs: index === 0 ? runs(100) : runs(97, 2, 1) }));

  test.each([
    ['steered', { ...run, steered: true }],
    ['unsteered', { ...run, steered: false }],
  ])('counts %s runs', async (name, header) => {
    await expect(renderRepeat(header, cells, [], wide)).toMatchFileSnapshot(
      `${folder}/golden/repeat-${name}.txt.golden`,
    );
  });
});

describe('runs that were disturbed and run again', () => {
  const { run, history, judgement: whole } = stored('proven');
  const reasons = ['gate not passed: host CPU <= 0.85, was 0.9'];
  const discarded = Array.from({ length: 5 }, (_, index) => ({
    cell: `rabbitmq/prevent/stall#00${index + 1}`,
    rerun: `rabbitmq/prevent/stall#00${index + 1}@2`,
    reasons,
  }));
  const judgement = { ...whole, discarded };
  const [cell] = judgement.cells;
  if (cell === undefined) throw new Error('the scripted grid has cells');

  test.each([
    ['the page', renderGrid(run, judgement, history, narrow)],
    ['many runs', renderRepeat(run, [], discarded, narrow)],
  ])('are told on %s: four by name, the rest by number, within the width', (_, page) => {
    const lines = page.split('\n');
    const one = lines.findIndex((line) => line.includes('#001 was disturbed and run again: gate'));
    expect(lines.slice(one, one + 2).join('')).toContain('host CPU <= 0.85, was 0.9');
    expect(page.match(/was disturbed/g)).toHaveLength(4);
    expect(page).toContain('and 1 more run disturbed and run again');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(narrow.width);
  });

  test('are told in every document, each with its reason', () => {
    expect(JSON.parse(toJson(run, judgement, history))).toMatchObject({ discarded });
    const told = /stall#005 was disturbed and run again: gate not passed: host CPU/;
    expect(toMarkdown(run, judgement, history).replaceAll('\\', '')).toMatch(told);
    expect(toJUnit(run, judgement, history)).toMatch(told);
  });

  test('have a line of their own while the run goes on', () => {
    const line = renderDiscardedLine({ ...cell, reasons }, wide);
    expect(line).toMatch(
      /^\? DISTURBED +rabbitmq\/control +[\d.]+ \w+ {2}is run again\n {4}\? gate/,
    );
  });

  test('leave a test of JUnit its name', () => {
    const again = { ...judgement, cells: [{ ...cell, spec: { ...cell.spec, id: 'a/b@2' } }] };
    expect(toJUnit(run, again, history)).toMatch(/classname="[^"]*\.a\.b"/);
  });
});

function runs(good: number, open = 0, other = 0): RepeatedCell['runs'] {
  return [
    ...times(good, { conclusion: 'as expected', fingerprint: 'aaaaaaaaaaaa' }),
    ...times(open, { conclusion: 'inconclusive', fingerprint: 'bbbbbbbbbbbb' }),
    ...times(other, { conclusion: 'contrary', fingerprint: 'cccccccccccc' }),
  ];
}

type Run = RepeatedCell['runs'][number];

function times(n: number, run: Run): Run[] {
  return Array.from({ length: n }, () => run);
}
