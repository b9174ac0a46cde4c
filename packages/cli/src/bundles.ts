/** Finds bundles by listing folders, and a bundle by whatever a person would call it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { FailureMode } from '@lab/harness';

import { UsageError } from './exit-code.ts';
import { failureModesDir } from './repository.ts';

const bundleName = /^FM_(\d{3})_([a-z0-9_]+)$/;

/** Folder names of all bundles, in order of their numbers. */
export function listBundles(dir = failureModesDir): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && bundleName.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

/** @throws Error when the folder's scenario does not export a failure mode of that name */
export async function loadBundle(id: string, dir = failureModesDir): Promise<FailureMode> {
  const file = join(dir, id, 'scenario.ts');
  const module = (await import(pathToFileURL(file).href)) as { default?: FailureMode }; // checked below
  if (module.default?.id !== id) {
    throw new Error(
      `${file}: expected a default export with id "${id}", got ${JSON.stringify(module.default?.id)}`,
    );
  }
  return module.default;
}

/**
 * Resolves `1`, `001`, `FM-001`, `FM_001`, `duplicate-delivery` or the folder's name.
 * @throws UsageError that names the nearest known words
 */
export function resolveBundle(
  word: string,
  bundles = listBundles(),
  commands: readonly string[] = [],
): string {
  const wanted = word.toLowerCase().replaceAll('-', '_').replace(/^fm_?/, '');
  const found = bundles.filter((bundle) => {
    const [, number = '', name = ''] = bundleName.exec(bundle) ?? [];
    return (
      bundle.toLowerCase() === word.toLowerCase() ||
      name === wanted ||
      `${number}_${name}` === wanted ||
      (/^\d+$/.test(wanted) && Number(wanted) === Number(number))
    );
  });
  const [bundle] = found;
  if (bundle !== undefined && found.length === 1) return bundle;
  const near = nearest(word, [
    ...commands,
    ...bundles.map((name) => name.slice('FM_'.length, 'FM_000'.length)),
    ...bundles.map((name) => name.slice('FM_000_'.length).replaceAll('_', '-')),
    ...bundles,
  ]);
  throw new UsageError(
    `no failure mode or command "${word}"${near === undefined ? '' : `; did you mean "${near}"?`} See: pnpm fm list`,
  );
}

/** The candidate with the smallest edit distance, if it is at most two edits away and shares a letter. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({
      candidate,
      distance: editDistance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.min(2, word.length - 1)
    ? best.candidate
    : undefined;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1];
    for (const [j, other] of b.split('').entries()) {
      next.push(
        Math.min(
          (next[j] ?? 0) + 1,
          (row[j + 1] ?? 0) + 1,
          (row[j] ?? 0) + (letter === other ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
