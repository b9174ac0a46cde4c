/** Where things lie in the checkout. */
import { join, relative, resolve, sep } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** The bundles of this checkout. */
export const bundledFailureModesDir = join(root, 'failure_modes');
/** The folder whose subfolders are the bundles; `LAB_FAILURE_MODES` names another. */
export const failureModesDir = resolve(process.env['LAB_FAILURE_MODES'] ?? bundledFailureModesDir);
export const runsDirDefault = join(root, 'runs');
export const templateDir = join(import.meta.dirname, '..', 'template');

/** Writes docs/failure_mode_index.md from the bundles. */
export const indexScript = join(root, 'scripts', 'write-index.ts');

/** A path as the user would type it: relative where it lies below the working directory. */
export function typed(path: string, cwd = process.cwd()): string {
  const below = relative(cwd, path);
  return below === '' || below === '..' || below.startsWith(`..${sep}`) ? path : below;
}
