/**
 * `fm new NAME`: scaffolds a bundle that runs, is listed and is tested at once: a copy of the template under
 * the next free number. What it then proves is for its author to change.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { listBundles } from '../bundles.ts';
import { UsageError } from '../exit-code.ts';
import {
  bundledFailureModesDir,
  failureModesDir,
  indexScript,
  templateDir,
  typed,
} from '../repository.ts';

/**
 * @returns the new bundle's folder name, and what to tell.
 * @throws UsageError when the name cannot be one, or is taken
 */
export function newCommand(name: string, dir = failureModesDir): { id: string; message: string } {
  const slug = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
  if (!/^[a-z][a-z0-9_]*$/.test(slug)) {
    throw new UsageError(
      `"${name}" cannot name a bundle: use letters, digits, - and _, for example: pnpm fm new stuck-queue`,
    );
  }
  const taken = listBundles(dir);
  const same = taken.find((bundle) => bundle.slice('FM_000_'.length) === slug);
  if (same !== undefined) throw new UsageError(`a bundle named ${slug} exists already: ${same}`);
  const last = Math.max(
    0,
    ...taken.map((bundle) => Number(bundle.slice('FM_'.length, 'FM_000'.length))),
  );
  const number = String(last + 1).padStart(3, '0');
  const id = `FM_${number}_${slug}`;
  const folder = join(dir, id);
  if (existsSync(folder)) throw new UsageError(`${folder} exists already`);

  cpSync(templateDir, folder, { recursive: true });
  for (const file of globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )) {
    const path = join(file.parentPath, file.name);
    const text = readFileSync(path, 'utf8')
      .replaceAll('FM_000_template', id)
      .replaceAll('FM_000', `FM_${number}`)
      .replaceAll('fm 000', `fm ${number}`);
    writeFileSync(path, text);
  }
  if (dir === bundledFailureModesDir) writeIndex();
  return {
    id,
    message: `${typed(folder)} is there. Run it: pnpm fm ${number}. Then make it yours: spec.md first.\n`,
  };
}

/** The index of failure modes is generated; a new bundle is in it at once. */
function writeIndex(): void {
  execFileSync(process.execPath, [indexScript], { stdio: ['ignore', 'ignore', 'inherit'] });
}
