/** The last lines of every run. */
import type { RunHeader } from '@lab/contract';

import { penOf } from './pen.ts';
import type { Style } from './style.ts';
import { allVisible } from './text.ts';

/** @param directory where the run lies, as the user would type it. */
export function renderFooter(run: RunHeader, directory: string, style: Style): string {
  const pen = penOf(style);
  const { command } = allVisible(run);
  return `${pen.quiet('run  ')} ${allVisible(directory)}\n${pen.quiet('again')} ${pen.strong(command)}\n`;
}
