/** All mutants, in the order in which they are run and dealt out. */
import type { Mutant } from '../mutant.ts';
import { books } from './books.ts';
import { faults } from './faults.ts';
import { forgeries } from './forgeries.ts';
import { guard } from './guard.ts';
import { judge } from './judge.ts';
import { loads } from './loads.ts';
import { producer } from './producer.ts';
import { reconciler } from './reconciler.ts';
import { record } from './record.ts';
import { unit } from './unit.ts';
import { worker } from './worker.ts';

export const mutants: readonly Mutant[] = [
  ...guard,
  ...worker,
  ...producer,
  ...reconciler,
  ...faults,
  ...record,
  ...judge,
  ...forgeries,
  ...unit,
  ...books,
  ...loads,
];
