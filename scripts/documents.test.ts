/** What the documents say that code knows: links, commands, invariants, examples, the index. A page that lies fails here. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

import { listBundles, loadBundle } from '@lab/cli/bundles';
import { invariantStatements } from '@lab/contract';
import { eventBodySchema } from '@lab/contract/schemas';
import { planGrid } from '@lab/harness';
import { bookNames, checkers } from '@lab/invariants';
import { describe, expect, test } from 'vitest';

import { readTable } from './markdown-table.ts';
import { readBlock } from './marked-block.ts';
import { indexFile, renderIndex } from './write-index.ts';

const root = join(import.meta.dirname, '..');
const pages = globSync('**/*.md', {
  cwd: root,
  exclude: (path) =>
    path.split(sep).some((part) => ['node_modules', 'runs', '.lab'].includes(part)),
});
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

describe.each(pages)('%s', (page) => {
  const text = read(page);

  test('links to what is there', () => {
    const broken = linksOf(text).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false; // other sites
      const [path = '', anchor] = link.split('#', 2);
      const target = path === '' ? page : join(dirname(page), decodeURIComponent(path));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names no path of one machine', () => {
    expect(text.match(/(?<![\w.:/])\/(?:home|root|Users|work|tmp)\/\S*/g) ?? []).toEqual([]);
  });

  test('names only options that `fm` has', () => {
    const unknown = commandsOf(text).flatMap((command) =>
      (command.match(/--[a-z-]+/g) ?? []).filter((option) => !options().has(option)),
    );
    expect(unknown).toEqual([]);
  });
});

test('the links of a page are found', () => {
  const page =
    '[a](b.md) `[no](code.md)` <https://x.org>\n\n```text\n[no](fence.md)\n```\n[c](#d-e)';
  expect(linksOf(page)).toEqual(['b.md', '#d-e']);
});

describe('README.md', () => {
  test('explains the exit codes that `fm --help` lists', () => {
    const listed = /Exit codes:([\s\S]*?)\n\n/.exec(`${help([])}\n\n`)?.[1] ?? '';
    const codes = listed.match(/(?<=\s)\d+(?= )/g);
    const explained = readTable(readBlock(read('README.md'), 'exit codes')).map(([code]) =>
      code?.replaceAll('`', ''),
    );
    expect(explained).toEqual(codes);
  });

  test('shows a run that is proven and has every cell of the grid there is now', async () => {
    const captured = readBlock(read('README.md'), 'captured run');
    const mode = await loadBundle('FM_001_duplicate_delivery');
    const finished = Array.from(
      captured.matchAll(/^ +[\d.]+s {2}\S [A-Z ]+? +(rabbitmq\/\S+)/gm),
      ([, cell]) => cell,
    );
    const planned = planGrid(mode, 'rabbitmq', 1).map(({ spec }) => spec.id);
    expect(new Set(finished)).toEqual(new Set(planned));
    expect(finished.length).toBe(planned.length);
    expect(captured).toContain('PROVEN');
  });
});

describe('docs/01_invariants.md', () => {
  const page = read('docs/01_invariants.md');
  const rows = readTable(readBlock(page, 'statements'));

  test('states every invariant in the words of the contract', () => {
    expect(rows.map(([id, statement]) => [id, statement])).toEqual(
      Object.entries(invariantStatements),
    );
  });

  test('says of each whether it has a checker', () => {
    expect(rows.flatMap(([id, , checked]) => (checked === 'no' ? [] : [id]))).toEqual(
      Object.keys(checkers),
    );
  });

  test('has a section for each that has', () => {
    const sections = page.match(/^## INV_\d{3}/gm)?.map((title) => title.slice('## '.length));
    expect(sections).toEqual(Object.keys(checkers));
  });
});

test('docs/05_books.md asks what each book asks, in the order in which they speak', () => {
  const asked = Array.from(
    read('docs/05_books.md').matchAll(/^- \*\*(\w+)\.\*\*/gm),
    ([, book]) => book,
  );
  expect(asked).toEqual(bookNames);
});

describe('docs/failure_mode_index.md', () => {
  test('is what `pnpm index` would write', async () => {
    expect(readFileSync(indexFile, 'utf8')).toBe(await renderIndex());
  });

  test('has every bundle', () => {
    for (const bundle of listBundles()) expect(readFileSync(indexFile, 'utf8')).toContain(bundle);
  });
});

describe('docs/results.md', () => {
  const page = read('docs/results.md');
  const lines = readBlock(page, 'history lines').split('\n').slice(1, -1);

  test('shows lines that are events of the contract', () => {
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const { seq, t, cell, source, ...body } = JSON.parse(line) as Record<string, unknown>;
      expect([typeof seq, typeof t, typeof cell, typeof source]).toEqual([
        'number',
        'number',
        'string',
        'string',
      ]);
      expect(() => eventBodySchema.parse(body), line).not.toThrow();
    }
  });

  test('explains every kind of event, and shows one of each that runs write', () => {
    const kinds = new Set(eventBodySchema.options.map((option) => kindOf(option)));
    const explained = readTable(readBlock(page, 'event kinds')).map(([kind]) =>
      kind?.replaceAll('`', ''),
    );
    expect(new Set(explained)).toEqual(kinds);
    const shown = new Set(lines.map((line) => (JSON.parse(line) as { kind: string }).kind));
    expect(shown.union(onlyOnABusyMachine)).toEqual(kinds);
  });
});

/** Kinds of which a run has no line unless there was something to write of. */
const onlyOnABusyMachine: ReadonlySet<string> = new Set(['machine']);

function kindOf(option: (typeof eventBodySchema.options)[number]): string {
  const [shape] = 'options' in option ? option.options : [option];
  const [kind = ''] = shape?.shape.kind.values ?? [];
  return kind;
}

/** Text outside fences and code spans. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

function linksOf(text: string): string[] {
  return Array.from(prose(text).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
}

/** As GitHub names the anchors of headings. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm);
  return new Set(
    Array.from(headings, ([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Every `pnpm fm …` and `./scripts/lab fm …` of a page, in spans and in fences. */
function commandsOf(text: string): string[] {
  return Array.from(
    text.matchAll(/(?:pnpm|\.\/scripts\/lab) fm ([^`\n]*)/g),
    ([, words = '']) => words.split(/ {2,}|#/, 1)[0] ?? '',
  );
}

let known: Set<string> | undefined;

function options(): Set<string> {
  known ??= new Set(
    [
      [],
      ['up'],
      ['check', 'x'],
      ...['lab', 'storm', 'throughput', 'check'].map((bench) => ['bench', bench]),
    ].flatMap((words) => help(words).match(/(?<=^ +(?:-\w, )?)--[a-z-]+/gm) ?? []),
  );
  return known;
}

function help(words: readonly string[]): string {
  const fm = join(root, 'packages', 'cli', 'src', 'fm.ts');
  return execFileSync(process.execPath, [fm, ...words, '--help'], { encoding: 'utf8' });
}
