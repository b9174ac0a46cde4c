/** Plain text: what may be printed, how wide it is, where it breaks. */

/** C0, DEL, C1, line and paragraph separators, and what turns the direction of writing. */
const unprintable = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** Makes control characters visible (`\x1b`), so that no payload can move a cursor or hide in a log. */
export function visible(text: string): string {
  return text.replaceAll(unprintable, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** The same value with every string in it made visible; what came out of a history goes through here once. */
export function allVisible<T>(value: T): T {
  if (typeof value === 'string') return visible(value) as T; // a string stays a string
  if (Array.isArray(value)) return value.map((item: unknown) => allVisible(item)) as T; // item by item
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [key, allVisible(inner)]),
  ) as T; // the same keys, the same kinds of values
}

/** Columns, where a character is a column; enough for the words and glyphs used here. */
export function widthOf(text: string): number {
  return Array.from(text).length;
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Breaks between words; a word wider than the line is broken where the line ends. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word.replaceAll(glue, ' ');
    const longer = line === '' ? rest : `${line} ${rest}`;
    if (widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    while (widthOf(rest) > width) {
      const characters = Array.from(rest);
      lines.push(characters.slice(0, width).join(''));
      rest = characters.slice(width).join('');
    }
    line = rest;
  }
  return [...lines, line];
}

/** A space at which `wrap` does not break. */
const glue = '\u00A0';

/** Words that `wrap` keeps on one line. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', glue);
}

/** Items in a row, to be broken between items only. */
export function joined(items: readonly string[], separator: string): string {
  return items.map(unbroken).join(`${glue}${separator} `);
}

/** `1 job`, `2 jobs`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/** Milliseconds for people: `42 ms`, `1.62 s`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
