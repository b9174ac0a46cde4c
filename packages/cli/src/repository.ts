/** Where things lie in the checkout. */
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

export const failureModesDir = join(root, 'failure_modes');
export const runsDirDefault = join(root, 'runs');
export const templateDir = join(import.meta.dirname, '..', 'template');
export const docsDir = join(root, 'docs');
