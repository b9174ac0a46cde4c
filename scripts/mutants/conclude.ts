/**
 * What came of a mutant. Pure. Killed is only what was applied, ran, and was found for the right reason; everything
 * else has a name of its own, because it has to be mended in a different place.
 */
import type { GridRun, Mutant, Transport } from './mutant.ts';

type Fate = 'killed' | 'survived' | 'did not apply' | 'did not run';

export interface Concluded {
  readonly mutant: string;
  readonly part: Mutant['part'];
  readonly fate: Fate;
  /** The reason that fitted; else what came out instead. */
  readonly says: string;
  readonly tookMs: number;
}

/** What was seen of the copy without any mutant. */
export interface Baseline {
  /** On which its grid was run; null when no mutant asked for a run. */
  readonly transport: Transport | 'all' | null;
  readonly outcome: string;
  /** Why it does not stand. */
  readonly reasons: readonly string[];
  /** Whether what a mutant shows is the mutant's doing: proven, and all tests that are used pass. */
  readonly stands: boolean;
  readonly tookMs: number;
}

/** What was seen of a mutant. */
export interface Sighting {
  /** Numbers of the edits that were to run and did not. */
  readonly silentEdits: readonly number[];
  /** In words: `inconclusive (exit 2)`, `the test fails`. */
  readonly outcome: string;
  readonly reasons: readonly string[];
}

/** What must be seen, in the same words. */
function expectedOutcome(proof: Mutant['proof']): string {
  switch (proof.kind) {
    case 'grid':
      return outcomes[proof.verdict];
    case 'test':
      return testFails;
    case 'forgery':
      return `exit ${proof.exitCode}`;
  }
}

export const testFails = 'the test fails';

const outcomes: Readonly<Record<GridRun['verdict'], string>> = {
  disproven: outcomeOfRun('disproven', 1),
  inconclusive: outcomeOfRun('inconclusive', 2),
  'server gone': outcomeOfRun('inconclusive', 3),
};

export function outcomeOfRun(conclusion: string, exitCode: number): string {
  return `${conclusion} (exit ${exitCode})`;
}

/** @returns the fate and what is said of it */
export function conclude(
  { proof }: Pick<Mutant, 'proof'>,
  { silentEdits, outcome, reasons }: Sighting,
): Pick<Concluded, 'fate' | 'says'> {
  const cameOut = [outcome, ...new Set(reasons)].slice(0, 4).join(' · '); // runs repeat what their cells say
  if (silentEdits.length > 0) {
    const which = silentEdits.map((index) => index + 1).join(', ');
    return { fate: 'did not run', says: `edit ${which} never ran; it came out ${cameOut}` };
  }
  if (outcome !== expectedOutcome(proof)) return { fate: 'survived', says: cameOut };
  const fitting = reasons.find((reason) => proof.reason.test(reason));
  if (fitting === undefined) {
    return { fate: 'survived', says: `for no such reason as ${proof.reason}: ${cameOut}` };
  }
  return { fate: 'killed', says: `${outcome}: ${fitting}` };
}
