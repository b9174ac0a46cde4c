/** How it is shown: lines of at most 80 columns. Pure. */
import type { Baseline, Concluded } from './conclude.ts';
import type { Mutant } from './mutant.ts';

const width = 80;

/** What the copy came to by itself, and why nothing can be killed where it does not stand. */
export function showBaseline({ outcome, transport, stands, reasons, tookMs }: Baseline): string {
  const on =
    transport === null ? '' : transport === 'all' ? ' on both transports' : ` on ${transport}`;
  const head = `  without a mutant: ${outcome}${on}`;
  if (stands) return withTime(head, tookMs);
  const why = ['nothing can be killed where the copy by itself is not whole', ...reasons];
  return [withTime(head, tookMs), ...why.flatMap((reason) => wrap(reason, 6))].join('\n');
}

/** One line of the table; one that was not killed says why below it. */
export function showConcluded({ fate, part, mutant, tookMs, says }: Concluded): string {
  const mark = fate === 'killed' ? '✓' : '✕';
  const head = withTime(`${mark} ${fate.padEnd(13)} ${part.padEnd(10)} ${mutant}`, tookMs);
  return fate === 'killed' ? head : [head, ...wrap(says, 6)].join('\n');
}

export function showListed({ name, part, says }: Mutant): string {
  return [`${part.padEnd(10)} ${name}`, ...wrap(says, 11)].join('\n');
}

/** How many came to which fate, in one line. */
export function showTally(all: readonly Concluded[]): string {
  const killed = all.filter(({ fate }) => fate === 'killed').length;
  const others = Map.groupBy(
    all.filter(({ fate }) => fate !== 'killed'),
    ({ fate }) => fate,
  );
  const parts = [...others].map(([fate, of]) => `${of.length} ${fate}`);
  return [`${killed} of ${all.length} mutants killed`, ...parts].join(', ');
}

function withTime(line: string, ms: number): string {
  const took = `${(ms / 1000).toFixed(1)} s`.padStart(8);
  return `${line.padEnd(width - took.length)}${took}`;
}

function wrap(text: string, indent: number): string[] {
  const room = width - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each);
}
