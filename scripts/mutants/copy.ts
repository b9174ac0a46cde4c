/**
 * A copy of the checkout to mutate: the files that git knows or would know, and for every package the same links to
 * others. pnpm's links between the lab's packages are relative, so in the copy they lead to the copy; only what was
 * installed from elsewhere is shared with the checkout. One copy serves all mutants, one after another: edits are
 * written, and taken back.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';

import { applyEdit, noteTo } from './edit.ts';
import { ran, type Edit } from './mutant.ts';

export interface Copy {
  readonly folder: string;
  /**
   * Writes the edits until disposed of.
   * @param notes file for the notes of lines that ran
   * @throws EditDoesNotApply, having changed nothing
   */
  mutate(edits: readonly Edit[], notes: string): Disposable;
}

/** @param folder does not exist yet; whoever names it removes it */
export function copyCheckout(checkout: string, folder: string): Copy {
  for (const file of filesOf(checkout)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(checkout, file), join(folder, file));
  }
  linkModules(checkout, folder);
  expectOwnPackages(folder);
  return {
    folder,
    mutate(edits, notes) {
      const before = new Map<string, string>();
      const after = new Map<string, string>();
      for (const [index, edit] of edits.entries()) {
        const file = join(folder, edit.file);
        const text = after.get(file) ?? (existsSync(file) ? readFileSync(file, 'utf8') : '');
        if (!before.has(file)) before.set(file, text);
        after.set(file, applyEdit(text, edit, noteTo(notes, index)));
      }
      for (const [file, text] of after) writeFileSync(file, text);
      return {
        [Symbol.dispose]() {
          for (const [file, text] of before) writeFileSync(file, text);
        },
      };
    },
  };
}

/** Which edits say that they ran; `notes` must hold each of their numbers. */
export function numbersToRun(edits: readonly Edit[]): number[] {
  return edits.flatMap(({ replace }, index) => (replace.includes(ran) ? [index] : []));
}

/** What is in the working tree, committed or not, without what is ignored or deleted. */
function filesOf(checkout: string): string[] {
  return execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: checkout,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(checkout, file)));
}

function linkModules(checkout: string, folder: string): void {
  for (const room of ['.', 'failure_modes', ...globSync('packages/*', { cwd: checkout })]) {
    const from = join(checkout, room, 'node_modules');
    const to = join(folder, room, 'node_modules');
    if (!existsSync(from)) continue;
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) {
      if (name === '.pnpm') symlinkSync(realpathSync(join(from, name)), join(to, name));
      else if (isPartOfTheInstall(join(from, name), name)) {
        cpSync(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true });
      }
    }
  }
}

/** Links, folders of links (`@lab`) and of programs (`.bin`); not the caches that tools keep there. */
function isPartOfTheInstall(path: string, name: string): boolean {
  if (lstatSync(path).isSymbolicLink()) return true;
  return name === '.bin' || name.startsWith('@');
}

/** @throws when a package of the lab, as seen from another one, is not the copy's */
function expectOwnPackages(folder: string): void {
  const own = realpathSync(folder) + sep;
  const links = globSync('{.,failure_modes,packages/*}/node_modules/@lab/*', { cwd: folder });
  if (links.length === 0) throw new Error(`no package in ${folder} is linked to another one`);
  const foreign = links.filter((link) => !realpathSync(join(folder, link)).startsWith(own));
  if (foreign.length > 0) {
    throw new Error(`the copy would run the checkout's code: ${foreign.join(', ')} lead out of it`);
  }
}
