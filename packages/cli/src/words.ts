/** Words of the command line and what they mean: numbers, durations, reporters; and back to a line to type. */
import { InvalidArgumentError } from 'commander';

const reporterNames = ['pretty', 'json', 'junit', 'markdown', 'github'] as const;

export interface Reporter {
  readonly name: (typeof reporterNames)[number];
  readonly file?: string;
}

/** @throws InvalidArgumentError unless it is a whole number of at most nine digits. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new InvalidArgumentError(`expected a whole number, got "${text}"`);
  }
  return Number(text);
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('expected at least 1');
  return value;
}

/** `30s`, `1.6s`, `500ms`, `2m`, or plain milliseconds. @returns ms, more than 0. */
export function duration(text: string): number {
  const [, amount, unit = 'ms'] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text) ?? [];
  const factor = { ms: 1, s: 1000, m: 60_000 }[unit];
  if (amount === undefined || factor === undefined || Number(amount) === 0) {
    throw new InvalidArgumentError(`expected a duration such as 30s or 500ms, got "${text}"`);
  }
  return Number(amount) * factor;
}

/** `junit` or `junit=report.xml`, appended to those before. */
export function collectReporter(text: string, before: readonly Reporter[] = []): Reporter[] {
  const [, word = '', file] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  const name = reporterNames.find((candidate) => candidate === word);
  if (name === undefined) {
    throw new InvalidArgumentError(`expected one of ${reporterNames.join(', ')}, got "${word}"`);
  }
  if (file === '') throw new InvalidArgumentError(`expected a file name after "${word}="`);
  return [...before, { name, ...(file === undefined ? {} : { file }) }];
}

/** The words as a line for a shell, quoted where they must be. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./#-]+$/.test(word) && !word.startsWith('#')
    ? word
    : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
