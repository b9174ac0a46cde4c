/** Loads, by what tests of their judge must notice: a run of FM_003 takes minutes, and its verdict hangs on these. */
import { ran, type Edit, type Mutant } from '../mutant.ts';
import { of } from './of.ts';

const gates = 'packages/storm/src/gates.ts';

/** A gate that every load passes. */
function open(gate: string): Edit {
  return { file: gates, find: `    ${gate},`, replace: `    ...(${ran} ? [] : [${gate}]),` };
}

export const loads: readonly Mutant[] = [
  ...of('packages/invariants/src/judge-load.test.ts', [
    {
      name: 'more-may-succeed-than-was-offered',
      says: 'Nobody asks whether the jobs that ended are those that were offered.',
      edit: open('jobsGate(measured)'),
      test: 'the books of a load do not where more succeeded than was offered',
    },
    {
      name: 'queue-need-not-be-read',
      says: 'Nobody asks whether every line of a load is there, the readings of its queue among them.',
      edit: open('linesGate(measured)'),
      test: 'the books of a load do not where nobody read the queue',
    },
    {
      name: 'lines-of-a-load-may-be-lost',
      says: 'Nobody asks how many lines the programs of a load wrote.',
      edit: {
        file: 'packages/storm/src/lines.ts',
        find: `      ...uncounted(events, roles),`,
        replace: `      ...(${ran} ? [] : uncounted(events, roles)),`,
      },
      test: 'the books of a load miss it where the lines are numbered anew',
    },
    {
      name: 'server-need-not-have-served',
      says: 'Nobody asks whether what was answered had been served.',
      edit: {
        file: gates,
        find: `[answersGate(measured), handsGate(measured)]`,
        replace: `[...(${ran} ? [] : [answersGate(measured)]), handsGate(measured)]`,
      },
      test: 'the books of a load do not where the server served nothing',
    },
    {
      name: 'guards-of-two-loads-are-swapped',
      says: 'Nobody asks whether the programs played the load that the cell names.',
      edit: open('toldGate(measured)'),
      test: "the books of a load do not where the load was another guard's",
    },
  ]),
];
