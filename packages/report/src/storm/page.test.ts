/** The page: well-formed, self-contained, whole, the same every time, and unmoved by what stands in a result. */
import type { StormResult } from '@lab/storm';
import * as fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { beforeAll, describe, expect, test } from 'vitest';

import { renderStormPage } from './page.ts';
import { plots } from './plots/all.ts';
import { fullResult, scriptedResult, smallResult } from './testing/scripted-result.ts';

const golden = `${import.meta.dirname}/../../golden/storm`;

test('a small result is rendered byte for byte', async () => {
  await expect(renderStormPage(smallResult())).toMatchFileSnapshot(`${golden}/page.html.golden`);
});

describe('the page of a full result', () => {
  let page = '';
  beforeAll(() => {
    page = renderStormPage(fullResult());
  });

  test('has all ten plots, each with a finding, a drawing and its numbers', () => {
    for (const { number } of plots) {
      const section = sectionOf(page, `plot-${number}`);
      expect(section, `plot ${number}`).toContain('How to read it: ');
      expect(section).toContain('<svg role="img"');
      expect(section).toContain('<summary>The numbers</summary>');
      expect(section).not.toContain('not measured');
    }
  });

  test('is well-formed, and no id is given twice', () => {
    const { ids } = parsed(page);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('gives every drawing a name and a description that it refers to', () => {
    const { drawings, ids } = parsed(page);
    expect(drawings.length).toBeGreaterThan(plots.length);
    for (const names of drawings) {
      expect(names).toHaveLength(2);
      for (const name of names) expect(ids).toContain(name);
    }
  });

  test('loads nothing and runs nothing', () => {
    expect(page).not.toMatch(/https?:|<script|<link|<img|<iframe|@import|url\(|\son[a-z]+=/i);
  });

  test('draws no number that is none', () => {
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  test('shades and names the trigger in every plot over time', () => {
    const series = sectionOf(page, 'plot-1');
    const drawings = series.split('<svg role="img"').slice(1);
    expect(drawings.length).toBeGreaterThan(0);
    for (const drawing of drawings) expect(drawing).toContain('server stalled 1.6 s');
  });

  test('lists the cell that does not count with its gate, and the one that the model missed', () => {
    expect(sectionOf(page, 'gates')).toContain('generator lag');
    expect(sectionOf(page, 'agreement')).toContain('policies/none-0/s3');
  });

  test('is the same for the same result', () => {
    expect(renderStormPage(fullResult())).toBe(page);
  });
});

test('a plot without cells says what measures it', () => {
  const page = renderStormPage(smallResult());
  expect(sectionOf(page, 'plot-6')).toContain('pnpm fm bench storm --sweep K');
  expect(sectionOf(page, 'plot-6')).not.toContain('<svg role="img"');
});

test('a plot whose cells all missed a gate says so, and does not call itself unmeasured', () => {
  const { cells, ...rest } = smallResult();
  const page = renderStormPage({
    ...rest,
    cells: cells.map((cell) => ({ ...cell, valid: false, agrees: null })),
  });
  expect(sectionOf(page, 'plot-1')).toContain('6 cells ran for it');
  expect(sectionOf(page, 'plot-1')).not.toContain('not measured');
});

test('the headline follows the cells', () => {
  const headline = (policies: string[]): string =>
    /<h1>(.*?)<\/h1>/.exec(
      renderStormPage(scriptedResult({ policies, seeds: [2, 4], studies: ['policies'] })),
    )?.[1] ?? '';
  expect(headline(['none', 'immediate', 'token-bucket'])).toBe(
    'After a stall of 1.6 s, 1 of 3 retry policies stayed stuck',
  );
  expect(headline(['none', 'token-bucket'])).toBe(
    'After a stall of 1.6 s, all 2 retry policies came back',
  );
  expect(headline(['immediate', 'full-jitter'])).toBe(
    'After a stall of 1.6 s, all 2 retry policies stayed stuck',
  );
  expect(headline(['immediate'])).toBe('After a stall of 1.6 s, immediate stayed stuck');
});

test.each([
  ['no cells at all', []],
  ['only invalid cells', smallResult().cells.map((cell) => ({ ...cell, valid: false }))],
  [
    'only cells that did not complete',
    smallResult().cells.map((cell) => ({
      ...cell,
      measured: null,
      valid: false,
      ending: 'the client never was ready',
      series: {},
      timings: [],
    })),
  ],
  ['one cell', smallResult().cells.slice(0, 1)],
])('a result of %s is a whole page', (_, cells) => {
  const page = renderStormPage({ ...smallResult(), cells, interrupted: true });
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
  expect(parsed(page).ids).toContain('limits');
});

test('a full run of a thousand cells stays under a megabyte', () => {
  const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
  const policies = ['none', 'immediate', 'full-jitter', 'token-bucket', 'bounded-queue-reject'];
  const { cells, ...rest } = scriptedResult({
    policies,
    seeds,
    studies: ['policies', 'map', 'bound', 'pool', 'ramp', 'cost', 'latency', 'layers', 'triggers'],
  });
  expect(cells.length).toBeGreaterThan(900);
  expect(renderStormPage({ ...rest, cells }).length).toBeLessThan(1_000_000);
});

describe('whatever strings a result holds', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '</title><script>alert(1)</script>',
      '"><svg onload=alert(1)>',
      "' onmouseover='x",
      ']]>&amp;<!--',
      '\u001B[2J\u202E\u0000\uD800',
      'url(http://x)',
    ),
  );

  test('they stay text', () => {
    const plain = parsed(renderStormPage(small(() => 'x')));
    fc.assert(
      fc.property(hostile, (evil) => {
        const page = renderStormPage(small((text) => text.replaceAll('x', evil)));
        const { tags } = parsed(page);
        expect(tags).toEqual(plain.tags);
        expect(page.isWellFormed()).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  /** Every string that a person or a program may have written, replaced. */
  function small(replace: (x: string) => string): StormResult {
    const evil = replace('x');
    const result = smallResult();
    return {
      ...result,
      command: `pnpm ${evil}`,
      profile: evil,
      startedAt: evil,
      commit: evil,
      machine: { ...result.machine, processor: evil, os: evil },
      versions: { [`rabbitmq ${evil}`]: evil },
      runtime: evil,
      conditions: { [`left out ${evil}`]: evil },
      policies: result.policies.map((policy) => ({
        ...policy,
        title: evil,
        summary: evil,
        source: evil,
        parameters: { [`p ${evil}`]: evil },
      })),
      cells: result.cells.map((cell) => ({
        ...cell,
        id: `${evil}${cell.id}`,
        ending: evil,
        setting: { ...cell.setting, policy: `${cell.setting.policy}${evil}` },
        gates: cell.gates.map((gate) => ({ ...gate, name: evil, rule: evil })),
        trigger: { ...cell.trigger, label: evil, applied: evil },
      })),
    };
  }
});

function sectionOf(page: string, id: string): string {
  const start = page.indexOf(
    `<section class="${id.startsWith('plot') ? 'plot' : 'more'}" id="${id}"`,
  );
  expect(start, `a section ${id}`).toBeGreaterThan(0);
  const next = page.indexOf('<section class="plot"', start + 1);
  const more = page.indexOf('<section class="more"', start + 1);
  const ends = [next, more, page.length].filter((end) => end > start);
  return page.slice(start, Math.min(...ends));
}

interface Parsed {
  /** Elements with the names of their attributes, in order. */
  readonly tags: readonly string[];
  readonly ids: readonly string[];
  /** What each drawing says it is named by. */
  readonly drawings: readonly (readonly string[])[];
}

/** The page is written so that it is XML too: an unescaped character or an unclosed element is an error here. */
function parsed(page: string): Parsed {
  const parser = new SaxesParser();
  const tags: string[] = [];
  const ids: string[] = [];
  const drawings: string[][] = [];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    tags.push(`${name} ${Object.keys(attributes).join(' ')}`);
    if (attributes['id'] !== undefined) ids.push(attributes['id']);
    if (attributes['role'] === 'img')
      drawings.push((attributes['aria-labelledby'] ?? '').split(' '));
  });
  parser.write(page).close();
  return { tags, ids, drawings };
}
