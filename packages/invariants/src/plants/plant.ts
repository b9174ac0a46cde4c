/**
 * What a plant is: one declared corruption of a cell's own evidence, which breaks one invariant for one job that no strike
 * touched. It is coherent, so that every book still adds up but for what the corruption itself says.
 */
import type { CellHistory } from '../cell-history.ts';
import type { Breach } from '../judgement.ts';

/** @returns null where the cell has nothing that it could be planted in */
export type Plant = (cell: CellHistory) => Planting | null;

export interface Planting {
  /** The cell, corrupted. */
  readonly cell: CellHistory;
  /** Whom a witness must name. */
  readonly key: string;
  /** What a book cannot but say of it. */
  readonly says?: (breach: Breach) => boolean;
}
