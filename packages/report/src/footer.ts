/** The last lines of every run. */
import type { RunHeader } from '@lab/contract';

import { penOf } from './pen.ts';
import type { Style } from './style.ts';
import { allVisible } from './text.ts';

/** @param directory where the run lies, as the user would type it; null when none was begun. */
export function renderFooter(
  run: Pick<RunHeader, 'command'>,
  directory: string | null,
  style: Style,
): string {
  const pen = penOf(style);
  const { command } = allVisible(run);
  const again = `${pen.quiet('again')} ${pen.strong(command)}\n`;
  return directory === null ? again : `${pen.quiet('run  ')} ${allVisible(directory)}\n${again}`;
}
