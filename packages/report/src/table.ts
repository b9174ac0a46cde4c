/** A table of wrapped columns. Ink goes on after wrapping, so that no colour counts as width. */
import type { Ink } from './pen.ts';
import { pad, wrap } from './text.ts';

export interface Column {
  readonly title: string;
  readonly width: number;
}

/** A cell is a list of paragraphs, each wrapped by itself and inked as a whole. */
export type Paragraph = readonly [text: string, ink: Ink];

export const gap = '  ';

/** @returns one line for each line of the tallest cell, no trailing blanks. */
export function drawRow(
  columns: readonly Column[],
  cells: readonly (readonly Paragraph[])[],
): string[] {
  const drawn = columns.map(({ width }, index) =>
    (cells[index] ?? []).flatMap(([text, ink]) =>
      wrap(text, width).map((line): Paragraph => [line, ink]),
    ),
  );
  const height = Math.max(0, ...drawn.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) => {
    const parts = columns.map(({ width }, index): Paragraph => {
      const [text, ink] = drawn[index]?.[line] ?? ['', plain];
      return [pad(text, width), ink];
    });
    const end = parts.findLastIndex(([text]) => text.trim() !== '');
    return parts
      .slice(0, end + 1)
      .map(([text, ink], index) => {
        const shown = text.trimEnd();
        const rest = index === end ? '' : ' '.repeat(text.length - shown.length);
        return (shown === '' ? '' : ink(shown)) + rest;
      })
      .join(gap);
  });
}

export const plain: Ink = (text) => text;
