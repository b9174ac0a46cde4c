/** Many runs of the same cells: how often as expected, what that says of the rate, how many orders were seen. */
import type { CellSpec, RunHeader } from '@lab/contract';
import type { Conclusion, RunJudgement } from '@lab/invariants';
import { wilson } from '@lab/statistics';

import { drawDiscarded } from './grid.ts';
import { penOf, type Pen } from './pen.ts';
import type { Style } from './style.ts';
import { drawRow, plain, type Column, type Paragraph } from './table.ts';
import { allVisible, count, widthOf } from './text.ts';
import { outcomeWord } from './words.ts';

/** One cell over many runs. */
export interface RepeatedCell {
  readonly spec: CellSpec;
  readonly runs: readonly { readonly conclusion: Conclusion; readonly fingerprint: string }[];
}

/**
 * k/n of every cell, with Wilson's 95 % interval and the fingerprints seen. Ends in a newline.
 * @param discarded runs that are not among them
 */
export function renderRepeat(
  run: RunHeader,
  cells: readonly RepeatedCell[],
  discarded: RunJudgement['discarded'],
  style: Style,
): string {
  const pen = penOf(style);
  const shown = allVisible(cells);
  const { failureMode, title, seed, steered } = allVisible(run);
  const columns = columnsOf(shown, pen);
  const lines = [
    `${pen.strong(failureMode)}  ${pen.strong(title)}`,
    pen.quiet(
      steered
        ? `seeds from ${seed} ${pen.dot} struck at the fault point`
        : `seeds from ${seed} ${pen.dot} unsteered: the same fault at random moments`,
    ),
    '',
    ...drawRow(
      columns,
      columns.map(({ title: name }): Paragraph[] => [[name, pen.quiet]]),
    ),
    ...shown.flatMap((cell) => drawRow(columns, rowOf(cell, steered, pen))),
    ...drawDiscarded(allVisible(discarded), pen),
  ];
  return `${lines.join('\n')}\n`;
}

function columnsOf(cells: readonly RepeatedCell[], pen: Pen): Column[] {
  const id = Math.max(4, ...cells.map(({ spec }) => widthOf(spec.id)));
  const fixed = [
    { title: 'cell', width: id },
    { title: 'result', width: 27 },
    { title: '95 % interval', width: 15 },
  ];
  const taken = fixed.reduce((sum, { width }) => sum + width + 2, 0);
  return [
    ...fixed,
    { title: 'order of events (fingerprints)', width: Math.max(24, pen.width - taken) },
  ];
}

function rowOf({ spec, runs }: RepeatedCell, steered: boolean, pen: Pen): Paragraph[][] {
  const n = runs.length;
  const times = (conclusion: Conclusion): number =>
    runs.filter((run) => run.conclusion === conclusion).length;
  const k = times('as expected');
  const { low, high } = wilson(k, n);
  const all = k === n;
  const word = outcomeWord({ spec, conclusion: 'as expected' });
  const rest = [
    ...(times('contrary') > 0 ? [`${times('contrary')} contrary`] : []),
    ...(times('inconclusive') > 0 ? [`${times('inconclusive')} inconclusive`] : []),
  ];
  // Without steering, missing the moment is the finding and not a failure.
  const ink = all ? pen.good : steered ? pen.alarm : pen.doubt;
  const glyph = all ? `${pen.holds} ` : steered ? `${pen.wrong} ` : '';
  return [
    [[spec.id, pen.strong]],
    [
      [`${glyph}${k}/${n} ${word}`, ink],
      ...(rest.length === 0 ? [] : [[rest.join(', '), ink] satisfies Paragraph]),
    ],
    [[`${percent(low)} to ${percent(high)} %`, plain]],
    fingerprintsOf(runs).map((text): Paragraph => [text, pen.quiet]),
  ];
}

function fingerprintsOf(runs: RepeatedCell['runs']): string[] {
  const times = new Map<string, number>();
  for (const { fingerprint } of runs) times.set(fingerprint, (times.get(fingerprint) ?? 0) + 1);
  const seen = [...times].toSorted(([, a], [, b]) => b - a);
  const shown = seen.slice(0, 3).map(([fingerprint, n]) => `${fingerprint} ${n}x`);
  const more = seen.length > 3 ? [`and ${seen.length - 3} more`] : [];
  return [`${count(seen.length, 'order')} seen`, ...shown, ...more];
}

function percent(rate: number): string {
  return (rate * 100).toFixed(1);
}
