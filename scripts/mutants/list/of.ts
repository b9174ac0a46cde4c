/** How mutants are written that a test by name must notice. */
import type { Edit, Mutant } from '../mutant.ts';

/** The mutants of one test file. */
export function of(
  file: string,
  mutants: readonly {
    readonly name: string;
    readonly says: string;
    readonly part?: Mutant['part'];
    readonly edit: Edit;
    readonly test: string;
    /** An assertion failed, by default: a test that only crashes has asserted nothing. */
    readonly reason?: RegExp;
  }[],
): Mutant[] {
  return mutants.map(({ name, says, part = 'lab', edit, test, reason = /AssertionError/ }) => ({
    name,
    says,
    part,
    edits: [edit],
    proof: { kind: 'test', file, test, reason },
  }));
}
