/** The final page of a run on a terminal: one table a transport, one witness, the verdict, the versions. */
import type { History, RunHeader } from '@lab/contract';
import type { Judgement, RunJudgement } from '@lab/invariants';

import { drawTimeline } from './draw-timeline.ts';
import { penOf, type Ink, type Pen } from './pen.ts';
import type { Style } from './style.ts';
import { drawRow, gap, plain, type Column, type Paragraph } from './table.ts';
import { allVisible, count, joined, pad, unbroken, widthOf, wrap } from './text.ts';
import { timelineOf } from './witness-timeline.ts';
import {
  becauseWords,
  booksWords,
  byTransport,
  costWords,
  discardedWords,
  evidenceWords,
  faultWords,
  firstReasons,
  foundGroups,
  goneWords,
  namesOf,
  outcomeWord,
  plantedWords,
  tookWords,
  transportName,
  verdictSentence,
  type FoundGroup,
} from './words.ts';

/** The final tables, one per transport, with its witness; the verdict; the versions. Ends in a newline. */
export function renderGrid(
  run: RunHeader,
  judgement: RunJudgement,
  history: History,
  style: Style,
): string {
  const pen = penOf(style);
  const shown = allVisible(judgement);
  const lines = [
    ...heading(allVisible(run), pen),
    ...byTransport(shown.cells).flatMap(([transport, cells]) => [
      '',
      ...drawTransport(transport, cells, pen),
      ...drawWitness(cells, history, pen),
    ]),
    '',
    ...drawVerdict(allVisible(run), shown, pen),
  ];
  return `${lines.join('\n')}\n`;
}

function heading(run: RunHeader, pen: Pen): string[] {
  const how = [
    `seed ${run.seed}`,
    run.steered ? 'steered' : 'unsteered',
    `runtime ${run.runtime}`,
    `faults by ${run.faultsBy}`,
  ];
  return [
    `${pen.strong(run.failureMode)}  ${pen.strong(run.title)}`,
    pen.quiet(how.join(` ${pen.dot} `)),
  ];
}

function drawTransport(transport: string, cells: readonly Judgement[], pen: Pen): string[] {
  const { columns, faultColumn } = layoutOf(cells, pen);
  const name = `${pen.rule.repeat(2)} ${transportName(transport)} `;
  const rule = pen.rule.repeat(Math.max(0, pen.width - widthOf(name)));
  return [
    `${pen.strong(name)}${pen.quiet(rule)}`,
    ...drawRow(
      columns,
      columns.map(({ title }): Paragraph[] => [[title, pen.quiet]]),
    ),
    ...cells.flatMap((cell) => [
      ...drawRow(columns, cellsOfRow(cell, faultColumn, pen)),
      ...details(cell, cells, faultColumn, pen),
    ]),
    ...faultPoints(cells, pen),
  ];
}

interface Layout {
  readonly columns: readonly Column[];
  /** A narrow page names the fault below the row instead of in a column. */
  readonly faultColumn: boolean;
}

/** Everything but `found` takes what it needs; `found` takes the rest. */
function layoutOf(cells: readonly Judgement[], pen: Pen): Layout {
  const role = { title: 'role', width: 14 };
  const guard = column(
    'guard',
    cells.map(({ spec }) => spec.guard),
    22,
  );
  const fault = column(
    'fault',
    cells.map(({ spec }) => spec.fault ?? pen.dash),
    14,
  );
  const verdict = column(
    'verdict',
    cells.map((cell) => outcomeMark(cell, pen)[0]),
    19,
  );
  const rest = (others: readonly Column[]): number =>
    others.reduce((left, { width }) => left - width - gap.length, pen.width);
  const faultColumn = rest([role, guard, fault, verdict]) >= foundLeast;
  const first = faultColumn ? [role, guard, fault] : [role, guard];
  const width = Math.max(20, rest([...first, verdict]));
  return { columns: [...first, { title: 'found', width }, verdict], faultColumn };
}

/** Room for `x VIOLATED INV_001, as expected`. */
const foundLeast = 31;

function column(title: string, texts: readonly string[], most: number): Column {
  const widest = Math.max(widthOf(title), ...texts.map(widthOf));
  return { title, width: Math.min(widest, most) };
}

function cellsOfRow(cell: Judgement, faultColumn: boolean, pen: Pen): Paragraph[][] {
  const { spec } = cell;
  return [
    [[spec.role, pen.strong]],
    [[spec.guard, plain]],
    ...(faultColumn ? [[[spec.fault ?? pen.dash, plain] satisfies Paragraph]] : []),
    found(cell, pen),
    [outcomeMark(cell, pen)],
  ];
}

/** What matters of the findings; invariants that hold as expected are counted, not listed, beside others. */
function found({ findings }: Judgement, pen: Pen): Paragraph[] {
  const groups = foundGroups(findings);
  const loud = groups.filter((group) => !isOrdinary(group));
  const told = loud.length === 0 ? groups : loud;
  return told.map((group): Paragraph => [
    `${stateMark(group, pen)} ${namesOf(group, findings.length)}, ${unbroken(group.standing)}`,
    inkOf(group, pen),
  ]);
}

function isOrdinary({ state, conclusion }: FoundGroup): boolean {
  return state === 'holds' && conclusion === 'as expected';
}

function stateMark({ state }: FoundGroup, pen: Pen): string {
  const glyph = state === 'violated' ? pen.violated : state === 'unknown' ? pen.unknown : pen.holds;
  return `${glyph} ${state.toUpperCase()}`;
}

function inkOf({ state, conclusion }: FoundGroup, pen: Pen): Ink {
  if (conclusion === 'contrary') return pen.alarm;
  if (conclusion === 'inconclusive') return pen.doubt;
  return state === 'violated' ? pen.expectedViolation : pen.good;
}

function outcomeMark(cell: Judgement, pen: Pen): Paragraph {
  const [glyph, ink] = {
    'as expected': [pen.holds, pen.good] as const,
    contrary: [pen.wrong, pen.alarmBanner] as const,
    inconclusive: [pen.unknown, pen.doubtBanner] as const,
  }[cell.conclusion];
  return [`${glyph} ${outcomeWord(cell)}`, ink];
}

/** What was done where, the counts, why; and, when it is not as expected, the reasons, loudly. */
function details(
  cell: Judgement,
  cells: readonly Judgement[],
  faultColumn: boolean,
  pen: Pen,
): string[] {
  const { fault } = cell.spec;
  const name = faultColumn || fault === null ? '' : `${fault}: `;
  const sayings = [
    joined(
      [...cell.faults.map((record) => name + faultWords(record)), ...evidenceWords(cell)],
      pen.dot,
    ),
    ...[becauseWords(cell) ?? [], costWords(cell, cells) ?? []].flat(),
  ];
  const ink = cell.conclusion === 'contrary' ? pen.alarm : pen.doubt;
  const glyph = cell.conclusion === 'contrary' ? pen.wrong : pen.unknown;
  const books = booksWords(cell);
  const reasons = [...(books === null ? [] : [books]), ...firstReasons(cell.reasons)];
  const margin = ' '.repeat(16);
  const lines = (text: string): string[] => wrap(text, pen.width - margin.length);
  return [
    ...sayings.flatMap(lines).map((line) => `${margin}${line}`),
    ...reasons
      .flatMap((reason) => lines(`${glyph} ${reason}`))
      .map((line) => `${margin}${ink(line)}`),
  ];
}

function faultPoints(cells: readonly Judgement[], pen: Pen): string[] {
  const points = new Map<string, string>();
  for (const { spec } of cells) {
    if (spec.fault !== null && spec.faultPoint !== null) points.set(spec.fault, spec.faultPoint);
  }
  if (points.size === 0) return [];
  const width = Math.max(...[...points.keys()].map(widthOf));
  const margin = 2 + width;
  return [
    '',
    ...[...points].flatMap(([name, point]) =>
      wrap(point, pen.width - margin).map((line, index) =>
        index === 0 ? `${pen.strong(pad(name, width))}  ${line}` : `${' '.repeat(margin)}${line}`,
      ),
    ),
  ];
}

/** The story of what must be looked at first: a cell that is contrary, else the reproduction. */
function drawWitness(cells: readonly Judgement[], history: History, pen: Pen): string[] {
  const contrary = timelineOf(
    cells.filter(({ conclusion }) => conclusion === 'contrary'),
    history,
  );
  const reproduced = timelineOf(
    cells.filter(({ spec }) => spec.role === 'reproduce'),
    history,
  );
  const timeline = contrary ?? reproduced;
  return timeline === null ? [] : ['', ...drawTimeline(timeline, pen)];
}

function drawVerdict(run: RunHeader, judgement: RunJudgement, pen: Pen): string[] {
  const { banner, glyph } = {
    proven: { banner: pen.goodBanner, glyph: pen.holds },
    disproven: { banner: pen.alarmBanner, glyph: pen.wrong },
    inconclusive: { banner: pen.doubtBanner, glyph: pen.unknown },
  }[judgement.verdict];
  const rule = pen.heavyRule.repeat(pen.width);
  const reasons = judgement.reasons.slice(0, reasonsShown);
  const hidden = judgement.reasons.length - reasons.length;
  const versions = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  return [
    rule,
    `  ${banner(` ${glyph} ${judgement.verdict.toUpperCase()} `)}  ${pen.strong(`${run.failureMode} ${run.title}`)}`,
    ...[
      verdictSentence(judgement),
      ...[goneWords(judgement.gone) ?? []].flat(),
      ...plantedWords(judgement.planted),
    ]
      .flatMap((sentence) => wrap(sentence, pen.width - 4))
      .map((line) => `  ${line}`),
    ...reasons
      .flatMap((reason) => hanging(`${pen.dot} ${reason}`, pen.width - 4))
      .map((line) => `  ${line}`),
    ...(hidden > 0 ? [`  ${pen.dot} and ${count(hidden, 'more reason')}`] : []),
    ...drawDiscarded(judgement.discarded, pen),
    rule,
    ...wrap(
      [
        ...versions,
        `faults by ${run.faultsBy}`,
        `commit ${run.commit.slice(0, 12)}`,
        `took ${tookWords(judgement.cells)}`,
      ].join(` ${pen.dot} `),
      pen.width,
    ).map(pen.quiet),
  ];
}

const reasonsShown = 8;

/** Runs that were discarded: a few by name, the rest counted. */
export function drawDiscarded(discarded: RunJudgement['discarded'], pen: Pen): string[] {
  const hidden = discarded.length - discardedShown;
  return [
    ...discarded
      .slice(0, discardedShown)
      .flatMap((run) => hanging(`${pen.dot} ${discardedWords(run)}`, pen.width - 4)),
    ...(hidden > 0 ? [`${pen.dot} and ${count(hidden, 'more run')} disturbed and run again`] : []),
  ].map((line) => `  ${pen.quiet(line)}`);
}

const discardedShown = 4;

function hanging(text: string, width: number): string[] {
  return wrap(text, width - 2).map((line, index) => (index === 0 ? line : `  ${line}`));
}
