/** The closing tables of a run on the terminal: the policies, where the edges were found, what law and model are worth. */
import { wilson } from '@lab/statistics';
import {
  measuredCount,
  recoveryTimes,
  summarise,
  type CountedCell,
  type Disagreement,
  type StormResult,
  type StormSummary,
} from '@lab/storm';

import { penOf, type Ink, type Pen } from '../pen.ts';
import type { Style } from '../style.ts';
import { drawRow, gap, plain, type Column, type Paragraph } from '../table.ts';
import { allVisible, count, widthOf, wrap } from '../text.ts';
import { policyGroups, modelCount, usualVerdict } from './cells.ts';
import { edgesOf } from './edges.ts';
import { agreementWords, headlineOf, invalidWords } from './findings.ts';
import {
  interval,
  middle,
  shortOfAll,
  plainNumber,
  seconds,
  someOf,
  settingWords,
  topologyWords,
  two,
  verdictWords,
} from './numbers.ts';

/** Ends in a newline. What was read is made visible first, so that no name can move the cursor. */
export function renderStormTables(result: StormResult, style: Style): string {
  const pen = penOf(style);
  const shown = allVisible(result);
  const summary = summarise(shown);
  const lines = [
    ...policyLines(shown, pen),
    ...edgeLines(shown, pen),
    ...agreementLines(summary, pen),
    ...invalidLines(summary, pen),
    ...headlineLines(shown, summary, pen),
  ];
  return `${lines.join('\n')}\n`;
}

function heading(text: string, pen: Pen): string {
  const name = `${pen.rule.repeat(2)} ${text} `;
  return `${pen.strong(name)}${pen.quiet(pen.rule.repeat(Math.max(0, pen.width - widthOf(name))))}`;
}

function wrapped(text: string, pen: Pen, ink: Ink = plain): string[] {
  return wrap(text, pen.width).map((line) => ink(line));
}

/** A column that holds names takes what its names need, up to a limit. */
function nameColumn(title: string, names: readonly string[], most: number): Column {
  return { title, width: Math.min(most, Math.max(widthOf(title), ...names.map(widthOf))) };
}

function table(columns: readonly Column[], rows: readonly Paragraph[][][], pen: Pen): string[] {
  return [
    ...drawRow(
      columns,
      columns.map(({ title }): Paragraph[] => [[title, pen.quiet]]),
    ),
    ...rows.flatMap((row) => drawRow(columns, row)),
  ];
}

/** Measured beside law beside model. */
function policyLines(result: StormResult, pen: Pen): string[] {
  const rows = policyGroups(result);
  const [first] = rows[0] ?? [];
  if (first === undefined) return [];
  const { topology, transport } = first.setting;
  const roomy = pen.width >= 96;
  const columns: Column[] = [
    nameColumn(
      'policy',
      rows.map(([cell]) => cell?.setting.policy ?? ''),
      roomy ? 22 : 14,
    ),
    { title: 'verdict', width: roomy ? 14 : 12 },
    { title: 'stuck', width: roomy ? 8 : 7 },
    { title: 'model', width: roomy ? 8 : 7 },
    { title: 'attempts', width: 8 },
    { title: 'A_max', width: 5 },
    { title: 'recovery, law, model', width: roomy ? 22 : 15 },
  ];
  return [
    heading(`policies, ${topologyWords[topology]} over ${transport}`, pen),
    ...wrapped(settingWords(first.setting), pen, pen.quiet),
    ...table(
      columns,
      rows.map((cells) => policyRow(cells, pen)),
      pen,
    ),
    '',
  ];
}

function policyRow(cells: readonly CountedCell[], pen: Pen): Paragraph[][] {
  const [first] = cells;
  const tally = measuredCount(cells);
  const usual = usualVerdict(tally);
  const [glyph, ink] = {
    stuck: [pen.violated, pen.expectedViolation] as const,
    recovered: [pen.holds, pen.good] as const,
    draining: [pen.holds, pen.good] as const,
    undecided: [pen.unknown, pen.doubt] as const,
  }[usual];
  const attempts = middle(cells.map(({ measured }) => measured.amplificationAfter)) ?? 0;
  return [
    [[first?.setting.policy ?? '', pen.strong]],
    [[`${glyph} ${verdictWords[usual]}`, ink]],
    [[shortOfAll(tally), plain]],
    [[shortOfAll(modelCount(cells)), plain]],
    [[two(attempts), plain]],
    [[plainNumber(first?.law.aMax ?? 1), plain]],
    [[recoveryWords(cells, pen), plain]],
  ];
}

/** Measured median, which was not seen where fewer than half came back; the closed form's; the model's. */
function recoveryWords(cells: readonly CountedCell[], pen: Pen): string {
  const { medianMs } = recoveryTimes(cells);
  const model = recoveryTimes(cells.map((cell) => ({ ...cell, measured: cell.model })));
  const law = middle(cells.flatMap((cell) => cell.law.recoveryMs ?? []));
  return [
    timeWords(medianMs),
    law === null ? pen.dash : seconds(law),
    timeWords(model.medianMs),
  ].join(', ');
}

function timeWords(ms: number | null): string {
  return ms === null ? 'not seen' : seconds(ms);
}

function edgeLines(result: StormResult, pen: Pen): string[] {
  const edges = edgesOf(result);
  if (edges.length === 0) return [];
  const columns: Column[] = [
    nameColumn(
      'edge',
      edges.map(({ name }) => name),
      pen.width - 52,
    ),
    { title: 'half stick at', width: 14 },
    { title: '95 % interval', width: 16 },
    { title: 'law', width: 14 },
  ];
  return [
    heading('where it tips', pen),
    ...table(
      columns,
      edges.map(({ name, found, interval: bounds, law }): Paragraph[][] => [
        [[name, pen.strong]],
        [[found, plain]],
        [[bounds, plain]],
        [[law, plain]],
      ]),
      pen,
    ),
    '',
  ];
}

function agreementLines({ agreement }: StormSummary, pen: Pen): string[] {
  const sentences = agreementWords(agreement);
  if (sentences.length === 0) return [];
  const { disagreeing } = agreement;
  const shown = disagreeing.slice(0, disagreeingShown);
  const columns: Column[] = [
    nameColumn(
      'cell',
      shown.map(({ cell }) => cell),
      Math.max(20, pen.width - 3 * (17 + gap.length)),
    ),
    { title: 'measured', width: 17 },
    { title: 'model', width: 17 },
    { title: 'law', width: 17 },
  ];
  return [
    heading('law, model and measurement', pen),
    ...sentences.flatMap((sentence) => wrapped(sentence, pen)),
    ...(shown.length === 0
      ? []
      : table(
          columns,
          shown.map((differing): Paragraph[][] => [
            [[differing.cell, pen.strong]],
            [[verdictWords[differing.measured], plain]],
            [[verdictWords[differing.model], plain]],
            [[lawWords(differing), plain]],
          ]),
          pen,
        )),
    ...(disagreeing.length > shown.length
      ? [
          pen.quiet(
            `and ${count(disagreeing.length - shown.length, 'more cell')}; the page has all`,
          ),
        ]
      : []),
    '',
  ];
}

const disagreeingShown = 12;

function lawWords({ law, nearEdge }: Disagreement): string {
  if (nearEdge) return 'near the edge';
  return law === null ? 'says nothing' : verdictWords[law];
}

/** Cells that do not count, by the gate that they missed: counted loudly, never left out in silence. */
function invalidLines(summary: StormSummary, pen: Pen): string[] {
  const { ran, invalid } = summary.validity;
  if (invalid.length === 0) return [];
  const names = someOf(
    invalid.map(({ cell }) => cell),
    6,
  );
  return [
    heading(`not counted: ${invalid.length} of ${count(ran, 'cell')}`, pen),
    ...wrapped(`${pen.wrong} ${invalidWords(summary)}`, pen, pen.doubt),
    ...wrapped(names, pen),
    '',
  ];
}

function headlineLines(result: StormResult, summary: StormSummary, pen: Pen): string[] {
  const most = Math.max(0, ...policyGroups(result).map(({ length }) => length));
  const rule = pen.heavyRule.repeat(pen.width);
  return [
    rule,
    ...wrap(headlineOf(result, summary), pen.width - 4).map((line) => `  ${pen.strong(line)}`),
    ...(most === 0
      ? []
      : wrap(
          `${count(most, 'seed')} a policy; none stuck means P(stuck) ${interval({ low: 0, high: wilson(0, most).high })} at 95 %`,
          pen.width - 4,
        ).map((line) => pen.quiet(`  ${line}`))),
    rule,
  ];
}
