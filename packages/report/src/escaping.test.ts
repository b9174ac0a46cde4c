/** What a payload, a key or an error text may contain, and must not do to whoever reads the report. */
import type { HistoryEvent, RunHeader } from '@lab/contract';
import { judgeRun } from '@lab/invariants';
import { contraryGrid, mergeCells, scriptedRun } from '@lab/invariants/scripted';
import { describe, expect, test } from 'vitest';

import { renderCellLine, renderFooter, renderGrid, toJson, toJUnit, toMarkdown } from './index.ts';

const evil =
  '</script><img onerror=x> a|b `c` ]]> "d" & \u001B[2J\u0000\u202E \uD800 ![e](f) **g** \n| h |';
const key = `job-0004${evil}`;

const history = JSON.parse(
  JSON.stringify(mergeCells(contraryGrid(), scriptedRun)).replaceAll(
    'job-0004',
    JSON.stringify(key).slice(1, -1),
  ),
) as HistoryEvent[]; // the same events with another key
const run: RunHeader = {
  ...scriptedRun,
  title: evil,
  command: `pnpm fm ${evil}`,
  versions: { rabbitmq: evil },
};
const judgement = judgeRun(history);

describe('a payload full of markup and control characters', () => {
  test('is found in the witness in the first place', () => {
    expect(toJson(run, judgement, history)).toContain('onerror');
    expect(toMarkdown(run, judgement, history)).toContain('onerror');
    expect(toJUnit(run, judgement, history)).toContain('onerror');
  });

  test('moves no cursor on a terminal', () => {
    const style = { color: false, unicode: true, width: 100 };
    const text =
      renderGrid(run, judgement, history, style) +
      judgement.cells.map((cell) => renderCellLine(cell, style)).join('') +
      renderFooter(run, evil, style);
    expect(text).toContain('\\x1b[2J');
    expect(/[\p{Cc}\u202E]/u.test(text.replaceAll('\n', ''))).toBe(false);
  });

  test('stays text in JUnit', () => {
    const xml = toJUnit(run, judgement, history);
    expect(xml).not.toContain(']]>');
    expect(xml).not.toContain('<img');
    expect(xml.isWellFormed()).toBe(true);
    expect(/[\p{Cc}]/u.test(xml.replaceAll('\n', ''))).toBe(false);
    const tags = [...xml.matchAll(/<\/?([a-z-]+)/g)].map(([, tag]) => tag);
    expect(new Set(tags)).toEqual(
      new Set([
        'testsuites',
        'testsuite',
        'properties',
        'property',
        'testcase',
        'system-out',
        'failure',
        'error',
      ]),
    );
    // Between tags no bare < or & is left, and every attribute is closed: what remains is text.
    const withoutTags = xml.replaceAll(
      /<\?xml[^>]*\?>|<\/?[a-z-]+(?: [a-zA-Z]+="[^"<]*")*\/?>/g,
      '',
    );
    expect(withoutTags).not.toMatch(/[<>]/);
    expect(withoutTags).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#10;)/);
  });

  test('does not break a Markdown table, nor become markup in it', () => {
    const markdown = toMarkdown(run, judgement, history);
    const rows = markdown.split('\n').filter((line) => line.startsWith('| '));
    const columns = rows.map((row) => row.replaceAll(/\\./g, '').split('|').length - 2);
    expect(new Set(columns)).toEqual(new Set([5, 6]));
    const outsideCode = markdown.replaceAll(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, '');
    expect(outsideCode).not.toMatch(/<(?!br>)/);
    expect(outsideCode).not.toMatch(/(?<!\\)`/);
    expect(outsideCode).not.toMatch(/(?<!\\)!\[/);
  });
});
