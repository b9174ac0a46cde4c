/**
 * Blocks of a document that a script writes or a test reads: all between `<!-- NAME -->` and `<!-- /NAME -->`.
 * What is written by hand stays outside.
 */

/** @returns the text between the marks. @throws when the document has no such block */
export function readBlock(document: string, name: string): string {
  const { start, end } = find(document, name);
  return document.slice(start, end).trim();
}

/** @returns the document with the text in place of what was between the marks. */
export function replaceBlock(document: string, name: string, text: string): string {
  const { start, end } = find(document, name);
  return `${document.slice(0, start)}\n\n${text.trim()}\n\n${document.slice(end)}`;
}

function find(document: string, name: string): { start: number; end: number } {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, after] = [document.indexOf(open), document.indexOf(close)];
  if (before < 0 || after < before) throw new Error(`the document has no block "${name}"`);
  return { start: before + open.length, end: after };
}
