/** Which mutants are run. Pure. */
import { parts, type Mutant, type Part } from './mutant.ts';

export interface Choice {
  /** All when empty. */
  readonly names: readonly string[];
  readonly part?: Part;
  readonly third?: 1 | 2 | 3;
}

/** The words of a command line were wrong. */
export class WrongChoice extends Error {
  override readonly name = 'WrongChoice';
}

/**
 * Narrows the list; its order stays. Thirds are dealt out like cards, so that each has some of every part.
 * @throws WrongChoice for a name that is not there, or when nothing is left
 */
export function choose(list: readonly Mutant[], { names, part, third }: Choice): Mutant[] {
  const unknown = names.filter((name) => !list.some((mutant) => mutant.name === name));
  if (unknown.length > 0) {
    throw new WrongChoice(`no mutant is named ${unknown.join(', ')}; see pnpm mutants --list`);
  }
  const chosen = list
    .filter((_, index) => third === undefined || index % 3 === third - 1)
    .filter((mutant) => part === undefined || mutant.part === part)
    .filter(({ name }) => names.length === 0 || names.includes(name));
  if (chosen.length === 0) throw new WrongChoice('no mutant fits all of that');
  return chosen;
}

/** The same commit always gives the same third; commits in a row give all of them, in no order. */
export function thirdOfCommit(commit: string): 1 | 2 | 3 {
  const hash = /^[0-9a-f]{8}/.exec(commit)?.[0];
  if (hash === undefined) throw new WrongChoice(`not a commit: ${commit}`);
  return ((Number.parseInt(hash, 16) % 3) + 1) as 1 | 2 | 3; // a remainder of three
}

export function readPart(text: string): Part {
  const part = parts.find((known) => known === text);
  if (part === undefined) throw new WrongChoice(`--part is one of ${parts.join(', ')}`);
  return part;
}
