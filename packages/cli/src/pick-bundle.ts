/** The picker of a bare `fm` on a terminal. */
import { isCancel, select } from '@clack/prompts';

import { listBundles, loadBundle } from './bundles.ts';
import { Interrupted } from './interruption.ts';

/** @returns the folder name of the chosen bundle. @throws Interrupted when the choice is cancelled. */
export async function pickBundle(): Promise<string> {
  const modes = await Promise.all(listBundles().map((id) => loadBundle(id)));
  const chosen = await select({
    message: 'Which failure mode?',
    options: modes.map(({ id, title, summary }) => ({ value: id, label: title, hint: summary })),
  });
  if (isCancel(chosen)) throw new Interrupted('no choice made');
  return chosen;
}
