/** Cells of a grid with a program in them that is wrong on purpose (programs/). */
import { join } from 'node:path';

import type { CellSpec, InvariantId } from '@lab/contract';
import type { CellPlan } from '@lab/harness';
import type { Judgement } from '@lab/invariants';

import type { Wrong } from './programs/wrongs.ts';

/** What is different in a cell whose worker is wrong. */
export interface WrongWorker {
  readonly wrong: Wrong;
  /** The one job that it is wrong about; all without it. */
  readonly about?: string;
  readonly worker?: Readonly<Record<string, string>>;
  readonly producer?: Readonly<Record<string, string>>;
  readonly spec?: Partial<CellSpec>;
}

/** The cell as it is, worked by the worker of programs/ instead of the lab's; its id says what is wrong. */
export function withWrongWorker(plan: CellPlan | undefined, change: WrongWorker): CellPlan {
  if (plan === undefined) throw new Error('the grid has no such cell');
  const { wrong, about } = change;
  return {
    ...plan,
    worker: {
      ...plan.worker,
      WRONG: wrong,
      ...(about === undefined ? {} : { WRONG_KEY: about }),
      ...change.worker,
    },
    producer: { ...plan.producer, ...change.producer },
    programs: { worker: programFile('worker') },
    spec: { ...plan.spec, ...change.spec, id: `${plan.spec.id}/${slugOf(wrong)}` },
  };
}

/** Its id, by which the cell is found again. */
export function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

export function programFile(name: string): string {
  return join(import.meta.dirname, 'programs', `${name}.ts`);
}

/** Every invariant that was found violated, with the keys that its witnesses name. */
export function violations(cell: Judgement | undefined): Partial<Record<InvariantId, string[]>> {
  const found = (cell?.findings ?? []).flatMap(({ invariant, finding }) =>
    finding.state === 'violated'
      ? [[invariant, [...new Set(finding.witnesses.map(({ key }) => key))]] as const]
      : [],
  );
  return Object.fromEntries(found);
}
