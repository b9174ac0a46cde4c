/** How many cells do not count, and why: nothing is left out in silence. */
import type { StormResult } from '../result.ts';
import { isCounted } from './counted.ts';

export interface Validity {
  readonly planned: number;
  readonly ran: number;
  readonly counted: number;
  /** Did not complete. */
  readonly incomplete: number;
  /** Completed, and missed a gate. */
  readonly gated: number;
  /** Cells that missed a gate, by gate, the commonest first; a cell may have missed several. */
  readonly byGate: readonly { readonly name: string; readonly cells: number }[];
  readonly invalid: readonly { readonly cell: string; readonly why: readonly string[] }[];
}

export function validityOf({ cells, planned }: Pick<StormResult, 'cells' | 'planned'>): Validity {
  const invalid = cells.filter((cell) => !isCounted(cell));
  const incomplete = invalid.filter(({ measured }) => measured === null);
  const missed = invalid.flatMap(({ gates }) => gates.filter(({ passed }) => !passed));
  return {
    planned,
    ran: cells.length,
    counted: cells.length - invalid.length,
    incomplete: incomplete.length,
    gated: invalid.length - incomplete.length,
    byGate: [...Map.groupBy(missed, ({ name }) => name)]
      .map(([name, gates]) => ({ name, cells: gates.length }))
      .toSorted((a, b) => b.cells - a.cells),
    invalid: invalid.map(({ id, measured, ending, gates }) => ({
      cell: id,
      why: [
        ...(measured === null ? [ending] : []),
        ...gates
          .filter(({ passed }) => !passed)
          .map(({ rule, value }) => `${rule}: ${value === null ? 'unknown' : value.toFixed(3)}`),
      ],
    })),
  };
}
