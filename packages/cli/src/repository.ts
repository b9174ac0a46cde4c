/** Where things lie in the checkout. */
import { join, relative, resolve, sep } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** The folder whose subfolders are the bundles; `LAB_FAILURE_MODES` names another. */
export const failureModesDir = resolve(
  process.env['LAB_FAILURE_MODES'] ?? join(root, 'failure_modes'),
);
export const runsDirDefault = join(root, 'runs');
export const templateDir = join(import.meta.dirname, '..', 'template');

/** A path as the user would type it: relative where it lies below the working directory. */
export function typed(path: string, cwd = process.cwd()): string {
  const below = relative(cwd, path);
  return below === '' || below === '..' || below.startsWith(`..${sep}`) ? path : below;
}
