/**
 * HTML and SVG as values. Text becomes markup only through the template tag, which escapes it; so a policy's name or a
 * version string can hold anything and stays text. `Markup` cannot be made from a string elsewhere.
 */

/** Something that is markup already. */
class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}
export type { Markup };

/** What may stand in a template: markup as it is, text and numbers escaped, lists piece by piece, null as nothing. */
export type Piece = Markup | string | number | null | readonly Piece[];

/** `markup\`<p>${text}</p>\``. Attribute values are to be in double quotes. */
export function markup(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(
    literals.map((literal, index) => literal + textOf(pieces[index] ?? null)).join(''),
  );
}

/** Pieces one after the other. */
export function sequence(pieces: readonly Piece[], between = ''): Markup {
  return new Markup(pieces.map(textOf).join(between));
}

/** Markup that this package wrote itself, such as a style sheet; never anything that was read. */
export function verbatim(literal: string): Markup {
  return new Markup(literal);
}

function textOf(piece: Piece): string {
  if (piece === null) return '';
  if (typeof piece === 'string') return escaped(piece);
  if (typeof piece === 'number') return String(finite(piece));
  return Array.isArray(piece) ? piece.map(textOf).join('') : piece.toString();
}

/** For text and for values in double quotes. What XML forbids becomes the replacement character. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(forbidden, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** C0 but for tab and line ends, DEL and C1, what turns the direction of writing, and the two non-characters. */
const forbidden =
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/g;

/**
 * A coordinate, to a tenth of a unit.
 * @throws RangeError on what is no number: a plot never shows one
 */
export function px(value: number): number {
  return Math.round(finite(value) * 10) / 10;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be drawn`);
  return value;
}
