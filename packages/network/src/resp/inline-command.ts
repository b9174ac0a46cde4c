/**
 * Commands as bare lines, split into words as Redis splits them (`sdssplitargs`): blanks between words, single
 * quotes that know `\'` alone, double quotes with C's escapes.
 */
import { ProtocolError } from '../conversation.ts';

const blank = /[ \t\n\v\f\r]/;
const wordEnd = /[ \t\n\r]/;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/** @throws ProtocolError where Redis refuses the line and closes: a quote that nothing closes, or that ends in a word. */
export function inlineWords(line: Buffer): readonly Buffer[] {
  const text = line.toString('latin1'); // a character for each byte
  const words: Buffer[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && blank.test(text.charAt(at))) at += 1;
    if (at >= text.length) return words;
    let word = '';
    while (at < text.length && !wordEnd.test(text.charAt(at))) {
      const character = text.charAt(at);
      const part = character === '"' ? doubleQuoted : character === "'" ? singleQuoted : bare;
      const [said, end] = part(text, at);
      word += said;
      at = end;
    }
    words.push(Buffer.from(word, 'latin1'));
  }
}

/** A part of a word, and where it ends. */
type Part = readonly [said: string, end: number];

function bare(text: string, at: number): Part {
  let end = at + 1;
  while (end < text.length && !/[ \t\n\r"']/.test(text.charAt(end))) end += 1;
  return [text.slice(at, end), end];
}

function singleQuoted(text: string, start: number): Part {
  let said = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "'") return closed(text, said, at);
    const escaped = character === '\\' && text.charAt(at + 1) === "'";
    if (escaped) at += 1;
    said += escaped ? "'" : character;
  }
  throw new ProtocolError('a quote of an inline command is not closed');
}

function doubleQuoted(text: string, start: number): Part {
  let said = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') return closed(text, said, at);
    if (character !== '\\' || at + 1 >= text.length) {
      said += character;
      continue;
    }
    at += 1;
    const letter = text.charAt(at);
    const digits = /^x([\da-f]{2})/i.exec(text.slice(at, at + 3))?.[1];
    if (digits === undefined) {
      said += escapes[letter] ?? letter;
    } else {
      said += String.fromCharCode(Number.parseInt(digits, 16));
      at += 2;
    }
  }
  throw new ProtocolError('a quote of an inline command is not closed');
}

/** What follows a closing quote must be a blank. */
function closed(text: string, said: string, quote: number): Part {
  const next = text.charAt(quote + 1);
  if (next === '' || blank.test(next)) return [said, quote + 1];
  throw new ProtocolError('a quote of an inline command ends inside a word');
}
