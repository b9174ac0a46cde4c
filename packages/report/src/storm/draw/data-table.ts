/** A table of the page. It lies in a region of its own that scrolls and takes the focus, so that the page never does. */
import { markup, type Markup, type Piece } from './markup.ts';

export interface DataTable {
  readonly caption: string;
  readonly columns: readonly Column[];
  /** The first cell of a row is its header. */
  readonly rows: readonly (readonly Piece[])[];
}

export interface Column {
  readonly title: string;
  /** Set to the right in figures of one width. */
  readonly number?: boolean;
}

/** `words('policy')`, `figures('rho*')`. */
export function words(title: string): Column {
  return { title };
}

export function figures(title: string): Column {
  return { title, number: true };
}

export function drawTable({ caption, columns, rows }: DataTable): Markup {
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${columns.map(
    (column) => markup`<th scope="col"${right(column)}>${column.title}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      markup`<tr>${row.map((cell, index) => {
        const column = columns[index] ?? words('');
        return index === 0
          ? markup`<th scope="row"${right(column)}>${cell}</th>`
          : markup`<td${right(column)}>${cell}</td>`;
      })}</tr>\n`,
  )}</tbody></table></div>`;
}

/** The numbers behind a plot. */
export function folded(table: DataTable): Markup {
  return markup`<details><summary>The numbers</summary>${drawTable(table)}</details>`;
}

function right({ number }: Column): Markup | null {
  return number === true ? markup` class="n"` : null;
}
