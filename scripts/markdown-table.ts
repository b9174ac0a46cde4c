/** Tables of Markdown, written and read; as the formatter would leave them, so that a generated page stays as it is. */

/** @param rows the title row first */
export function writeTable(rows: readonly (readonly string[])[]): string {
  const [titles = [], ...rest] = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = titles.map((_, column) =>
    Math.max(3, ...[titles, ...rest].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(titles), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join(
    '\n',
  );
}

/** @returns the rows of the first table in the text, without the title row. */
export function readTable(text: string): string[][] {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  if (first < 0) throw new Error('no table in the text');
  const rest = lines.slice(first);
  const after = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(2, after < 0 ? undefined : after).map((line) =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}
