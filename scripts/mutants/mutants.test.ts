/** The list is in order, and its machinery lets nothing pass for killed that was not. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { choose, thirdOfCommit, WrongChoice } from './choose.ts';
import { conclude, type Sighting } from './conclude.ts';
import { copyCheckout, numbersToRun } from './copy.ts';
import { applyEdit, EditDoesNotApply, noteTo } from './edit.ts';
import { mutants } from './list/index.ts';
import { parts, ran, type Edit, type Mutant } from './mutant.ts';
import { showBaseline, showConcluded, showListed, showTally } from './show.ts';

const checkout = join(import.meta.dirname, '..', '..');

describe('the list', () => {
  test('names each mutant once, in kebab case, and says in one sentence what is wrong with it', () => {
    const names = mutants.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, says } of mutants) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(says, name).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('has some of every part', () => {
    expect(new Set(mutants.map(({ part }) => part))).toEqual(new Set(parts));
  });

  test('notes for each mutant that its line ran; only a forged record has no line', () => {
    const silent = mutants.filter(({ edits }) => numbersToRun(edits).length === 0);
    const forgeries = mutants.filter(({ proof }) => proof.kind === 'forgery');
    expect(silent).toEqual(forgeries);
    expect(forgeries.flatMap(({ edits }) => edits)).toEqual([]);
  });

  test.each(mutants.filter(({ edits }) => edits.length > 0))(
    'fits the code as it is, and what comes of it is code: $name',
    ({ edits }) => {
      const texts = new Map<string, string>();
      for (const edit of edits) {
        const text = texts.get(edit.file) ?? readFileSync(join(checkout, edit.file), 'utf8');
        texts.set(edit.file, applyEdit(text, edit, 'true'));
      }
      for (const text of texts.values()) expect(stripTypeScriptTypes(text)).not.toBe('');
    },
  );

  test('names tests that exist', () => {
    const files = mutants.flatMap(({ proof }) => (proof.kind === 'test' ? [proof.file] : []));
    expect(files.filter((file) => !existsSync(join(checkout, file)))).toEqual([]);
  });

  test('accuses the lab of nothing but lies: no mutant of it may come out disproven', () => {
    const accusing = mutants.filter(
      ({ part, proof }) => part === 'lab' && proof.kind === 'grid' && proof.verdict === 'disproven',
    );
    expect(accusing).toEqual([]);
  });
});

describe('an edit', () => {
  const edit: Edit = { file: 'a.ts', find: 'x = 1', replace: `x = ${ran} && 2` };

  test('replaces its text and notes itself', () => {
    expect(applyEdit('let x = 1;', edit, 'note()')).toBe('let x = note() && 2;');
  });

  test('whose text is gone does not apply', () => {
    expect(() => applyEdit('let x = 3;', edit, '')).toThrow(EditDoesNotApply);
    expect(() => applyEdit('let x = 3;', edit, '')).toThrow(
      'a.ts: the text to replace is not there',
    );
  });

  test('whose text is there twice does not apply', () => {
    expect(() => applyEdit('x = 1; x = 1;', edit, '')).toThrow('is there 2 times');
  });

  test('that changes nothing does not apply', () => {
    expect(() => applyEdit('x = 1', { ...edit, replace: 'x = 1' }, '')).toThrow('changes nothing');
  });

  test('keeps dollar signs as they are', () => {
    const dollars = { ...edit, replace: '$& $1 $$' };
    expect(applyEdit('x = 1', dollars, '')).toBe('$& $1 $$');
  });
});

describe('what came of a mutant', () => {
  const proof: Mutant['proof'] = {
    kind: 'grid',
    transport: 'rabbitmq',
    verdict: 'inconclusive',
    reason: /ledger/,
  };
  const seen: Sighting = {
    silentEdits: [],
    outcome: 'inconclusive (exit 2)',
    reasons: ['rabbitmq/control: an entry of the ledger that crossed no tap'],
  };

  test('is killed when it ran and verdict and reason are those declared', () => {
    expect(conclude({ proof }, seen)).toEqual({
      fate: 'killed',
      says: `inconclusive (exit 2): ${seen.reasons[0]}`,
    });
  });

  test('is not killed when its line did not run, whatever came out', () => {
    expect(conclude({ proof }, { ...seen, silentEdits: [0] })).toMatchObject({
      fate: 'did not run',
      says: expect.stringContaining('edit 1 never ran'),
    });
  });

  test.each(['proven (exit 0)', 'disproven (exit 1)', 'inconclusive (exit 3)', 'it did not end'])(
    'survived with another verdict: %s',
    (outcome) => {
      expect(conclude({ proof }, { ...seen, outcome }).fate).toBe('survived');
    },
  );

  test('survived with the right verdict for another reason', () => {
    expect(conclude({ proof }, { ...seen, reasons: ['the cell never ended'] })).toEqual({
      fate: 'survived',
      says: 'for no such reason as /ledger/: inconclusive (exit 2) · the cell never ended',
    });
  });

  test('with exit 3 only where a server is to be gone', () => {
    const gone = { ...proof, verdict: 'server gone' as const };
    const outcome = 'inconclusive (exit 3)';
    expect(conclude({ proof: gone }, { ...seen, outcome }).fate).toBe('killed');
    expect(conclude({ proof: gone }, seen).fate).toBe('survived');
  });

  test('of a test is killed only by a failure', () => {
    const named: Mutant['proof'] = { kind: 'test', file: 'a.test.ts', test: 'b', reason: /b/ };
    const reasons = ['b is not c'];
    expect(conclude({ proof: named }, { ...seen, outcome: 'the test fails', reasons }).fate).toBe(
      'killed',
    );
    for (const outcome of ['the test passes', 'the test did not run']) {
      expect(conclude({ proof: named }, { ...seen, outcome, reasons }).fate).toBe('survived');
    }
  });

  test('fits into 80 columns, with the reason below what was not killed', () => {
    const survived = {
      mutant: 'a-name-of-a-mutant-that-is-long-enough',
      part: 'reconciler',
      fate: 'did not apply',
      says: 'word '.repeat(40).trim(),
      tookMs: 123_456,
    } as const;
    const lines = showConcluded(survived).split('\n');
    expect(lines.length).toBeGreaterThan(2);
    const baseline = showBaseline({
      transport: 'all',
      outcome: 'inconclusive (exit 2)',
      reasons: [survived.says],
      stands: false,
      tookMs: 20_000,
    });
    const listed = mutants.flatMap((mutant) => showListed(mutant).split('\n'));
    const all = mutants.map(({ name, part }) =>
      showConcluded({ mutant: name, part, fate: 'did not apply', says: '', tookMs: 99_999 }),
    );
    for (const line of [
      ...lines,
      ...listed,
      ...baseline.split('\n'),
      ...all.flatMap((text) => text.split('\n')),
    ]) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
    expect(showTally([survived, { ...survived, fate: 'killed' }])).toBe(
      '1 of 2 mutants killed, 1 did not apply',
    );
  });
});

describe('the choice', () => {
  test('deals thirds that are apart and together are all', () => {
    const thirds = ([1, 2, 3] as const).map((third) => choose(mutants, { names: [], third }));
    expect(new Set(thirds.flat())).toEqual(new Set(mutants));
    expect(thirds.flat()).toHaveLength(mutants.length);
    const sizes = thirds.map(({ length }) => length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  test('by commit is the same for the same commit, and every third has commits', () => {
    const commits = Array.from({ length: 60 }, (_, index) => `${String(index).padStart(8, '0')}ff`);
    const thirds = commits.map((commit) => thirdOfCommit(commit));
    expect(commits.map((commit) => thirdOfCommit(commit))).toEqual(thirds);
    expect(new Set(thirds)).toEqual(new Set([1, 2, 3]));
    expect(() => thirdOfCommit('no commit')).toThrow(WrongChoice);
  });

  test('by part and by name narrows; a name that is not there is refused', () => {
    const [first] = mutants;
    expect(choose(mutants, { names: [first?.name ?? ''] })).toEqual([first]);
    expect(choose(mutants, { names: [], part: 'lab' }).every(({ part }) => part === 'lab')).toBe(
      true,
    );
    expect(() => choose(mutants, { names: ['no-such-mutant'] })).toThrow(WrongChoice);
  });
});

describe('the copy of a checkout', () => {
  let place: string;
  beforeEach(() => {
    place = realpathSync(mkdtempSync(join(tmpdir(), 'lab-mutants-test-')));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  /** A checkout of two packages, one of which imports the other. */
  function makeCheckout(): string {
    const folder = join(place, 'checkout');
    const write = (file: string, text: string): void => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    };
    write('.gitignore', 'node_modules\nleft.ts\n');
    write('left.ts', '');
    write('packages/a/package.json', '{"name":"@lab/a","type":"module","exports":"./a.ts"}');
    write('packages/a/a.ts', 'export const said: string = "honest";\n');
    write('packages/b/package.json', '{"name":"@lab/b","type":"module"}');
    write('packages/b/b.ts', 'import { said } from "@lab/a";\nconsole.log(said);\n');
    mkdirSync(join(folder, 'packages/b/node_modules/@lab'), { recursive: true });
    symlinkSync('../../../a', join(folder, 'packages/b/node_modules/@lab/a'));
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    return folder;
  }

  test('runs its own code, mutated, and says that it ran; the checkout stays as it was', () => {
    const original = makeCheckout();
    const copy = copyCheckout(original, join(place, 'copy'));
    expect(existsSync(join(copy.folder, 'left.ts'))).toBe(false);
    const notes = join(place, 'notes');
    const run = (at: string): string =>
      execFileSync(process.execPath, [join(at, 'packages/b/b.ts')], { encoding: 'utf8' }).trim();
    const edit: Edit = {
      file: 'packages/a/a.ts',
      find: '"honest"',
      replace: `${ran} ? "mutated" : ""`,
    };
    {
      using _ = copy.mutate([edit], notes);
      expect(run(copy.folder)).toBe('mutated');
      expect(run(original)).toBe('honest');
      expect(readFileSync(notes, 'utf8')).toBe('0\n');
    }
    expect(run(copy.folder)).toBe('honest');
  });

  test('changes nothing when one of several edits does not apply', () => {
    const copy = copyCheckout(makeCheckout(), join(place, 'copy'));
    const file = 'packages/a/a.ts';
    const edits = [
      { file, find: 'honest', replace: 'mutated' },
      { file, find: 'not there', replace: '' },
    ];
    expect(() => copy.mutate(edits, join(place, 'notes'))).toThrow(EditDoesNotApply);
    expect(readFileSync(join(copy.folder, file), 'utf8')).toContain('honest');
  });

  test('is refused when a package of it would be the checkout’s', () => {
    const original = makeCheckout();
    const link = join(original, 'packages/b/node_modules/@lab/a');
    rmSync(link);
    symlinkSync(join(original, 'packages/a'), link);
    expect(() => copyCheckout(original, join(place, 'copy'))).toThrow('lead out of it');
  });

  test('notes once a process, however often the line runs', () => {
    const notes = join(place, 'notes');
    const line = noteTo(notes, 3);
    cpSync(join(checkout, 'package.json'), join(place, 'package.json'));
    writeFileSync(join(place, 'twice.ts'), `for (const i of [1, 2]) console.log(i, ${line});\n`);
    const said = execFileSync(process.execPath, [join(place, 'twice.ts')], { encoding: 'utf8' });
    expect(said).toBe('1 true\n2 true\n');
    expect(readFileSync(notes, 'utf8')).toBe('3\n');
  });
});
