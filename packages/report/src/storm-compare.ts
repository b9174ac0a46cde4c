/** Two results of the storm benchmark beside each other, row by row, and what may lie behind a difference. Pure. */
import type { ComparedRow, StormComparison } from '@lab/storm';

import { penOf, type Ink, type Pen } from './pen.ts';
import type { Style } from './style.ts';
import { drawRow, gap, plain, type Column } from './table.ts';
import { allVisible, count, wrap } from './text.ts';

/** Where the two lie, as the user typed it. */
export interface ComparedPaths {
  readonly before: string;
  readonly after: string;
}

/** Ends in a newline. */
export function renderStormComparison(
  comparison: StormComparison,
  paths: ComparedPaths,
  style: Style,
): string {
  const pen = penOf(style);
  const shown = allVisible(comparison);
  const { before, after } = allVisible(paths);
  const differing = shown.rows.filter(({ differs }) => differs).length;
  const verdict =
    shown.refusal === null
      ? differing === 0
        ? pen.good(
            `${pen.holds} no verdict differs beyond chance in ${count(shown.rows.length, 'row')}`,
          )
        : pen.alarm(`${pen.wrong} ${differing} of ${count(shown.rows.length, 'row')} differ`)
      : pen.doubt(`${pen.unknown} not comparable: ${shown.refusal}`);
  const lines = [
    `${pen.strong('A')} ${before}`,
    `${pen.strong('B')} ${after}`,
    '',
    ...tableOf(shown.rows, pen),
    ...aloneLines('A', shown.onlyInA, pen),
    ...aloneLines('B', shown.onlyInB, pen),
    ...differenceLines(shown, pen),
    ...(shown.refusal === null ? wrap(shown.test, style.width).map((line) => pen.quiet(line)) : []),
    '',
    verdict,
  ];
  return `${lines.join('\n')}\n`;
}

const numbers: readonly Column[] = [
  { title: 'stuck A', width: 7 },
  { title: 'stuck B', width: 7 },
  { title: 'back A', width: 8 },
  { title: 'back B', width: 8 },
  { title: 'p', width: 6 },
  { title: '', width: 9 },
];

function tableOf(rows: readonly ComparedRow[], pen: Pen): string[] {
  if (rows.length === 0) return [];
  const taken = numbers.reduce((sum, { width }) => sum + width + gap.length, 0);
  const columns = [{ title: 'policy and load', width: pen.width - taken }, ...numbers];
  const draw = (texts: readonly string[], ink: Ink = plain): string[] =>
    drawRow(
      columns,
      texts.map((text) => [[text, ink] as const]),
    );
  return [
    ...draw(
      columns.map(({ title }) => title),
      pen.quiet,
    ),
    ...rows.flatMap((row) => draw(rowTexts(row), row.differs ? pen.alarm : plain)),
    '',
  ];
}

function rowTexts({ policy, study, load, a, b, p, differs, changed }: ComparedRow): string[] {
  const other = changed.length === 0 ? '' : ` (not the same: ${changed.join(', ')})`;
  return [
    `${policy}, ${study}: ${load}${other}`,
    `${a.stuck.stuck}/${a.stuck.n}`,
    `${b.stuck.stuck}/${b.stuck.n}`,
    back(a.recovery.medianMs),
    back(b.recovery.medianMs),
    p < 0.001 ? '<0.001' : p.toFixed(3),
    differs ? 'DIFFERS' : '',
  ];
}

/** Median time to recover; where more than half did not within the watch nobody knows it. */
function back(medianMs: number | null): string {
  return medianMs === null ? 'not seen' : `${(medianMs / 1000).toFixed(1)} s`;
}

function aloneLines(side: string, rows: StormComparison['onlyInA'], pen: Pen): string[] {
  if (rows.length === 0) return [];
  const policies = [...new Set(rows.map(({ policy, study }) => `${policy} (${study})`))];
  return [...wrap(`only in ${side}: ${policies.join(', ')}`, pen.width), ''];
}

function differenceLines({ differences }: StormComparison, pen: Pen): string[] {
  if (differences.length === 0) return [pen.quiet('measured under the same conditions'), ''];
  return [
    pen.strong('what else differs'),
    ...differences.flatMap(({ what, a, b }) =>
      wrap(`${what}: ${a} in A, ${b} in B`, pen.width - 2).map((line) => `  ${line}`),
    ),
    '',
  ];
}
