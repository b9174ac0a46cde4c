/** What every plot of the page has: its finding, how it is read, what this run shows, the drawing and its numbers. */
import type { StormResult, StormSummary, Study } from '@lab/storm';

import type { DataTable } from '../draw/data-table.ts';
import type { Markup } from '../draw/markup.ts';

export interface Plot {
  /** What this run found; the heading. */
  readonly finding: string;
  readonly reading: string;
  readonly shows: string;
  readonly figure: Markup;
  readonly table: DataTable;
}

export interface PlotKind {
  readonly number: number;
  readonly name: string;
  /** Whose cells it draws. */
  readonly studies: readonly Study[];
  /** What measures it. */
  readonly command: string;
  /** @returns null where the result has no valid cell for it */
  plot(result: StormResult, summary: StormSummary): Plot | null;
}
