/** The words of `fm bench check`. Nothing heavy is imported here: every call of `fm` reads it. */
import { InvalidArgumentError, type Command } from 'commander';

import { positiveNumber } from '../words.ts';

/** What the words came to. */
export interface CheckWords {
  readonly sizes: readonly number[];
  readonly times: number;
  readonly json?: boolean;
}

export function addCheckOptions(command: Command): Command {
  return command
    .option('--sizes <list>', 'events of each history', sizes, [100_000, 1_000_000, 10_000_000])
    .option('--times <count>', 'how often each is judged', positiveNumber, 5);
}

/** `100000,1e6` */
function sizes(text: string): number[] {
  const read = text.split(',').map(Number);
  if (read.length === 0 || read.some((size) => !Number.isInteger(size) || size < 1000)) {
    throw new InvalidArgumentError('expected numbers of at least 1000, e.g. 100000,1e6');
  }
  return read;
}
