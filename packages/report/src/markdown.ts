/** The run as Markdown, for a job summary or an issue: verdict first, then the grids and their witnesses. */
import { invariantStatements, type History, type RunHeader } from '@lab/contract';
import type { Judgement, RunJudgement } from '@lab/invariants';

import { allVisible } from './text.ts';
import { timelineOf, type TimelineRow } from './witness-timeline.ts';
import {
  becauseWords,
  booksWords,
  byTransport,
  costWords,
  discardedWords,
  evidenceWords,
  faultWords,
  foundGroups,
  goneWords,
  invariantList,
  outcomeWord,
  plantedWords,
  tookWords,
  transportName,
  verdictSentence,
} from './words.ts';

const glyphs = { 'as expected': '✓', contrary: '✕', inconclusive: '?' } as const;
const verdictGlyphs = { proven: '✓', disproven: '✕', inconclusive: '?' } as const;
const stateGlyphs = { holds: '✓', restored: '✓', violated: '✕', unknown: '?' } as const;

export function toMarkdown(run: RunHeader, judgement: RunJudgement, history: History): string {
  const header = allVisible(run);
  const shown = allVisible(judgement);
  const lines = [
    `# ${verdictGlyphs[shown.verdict]} ${shown.verdict.toUpperCase()}: ${text(`${header.failureMode} ${header.title}`)}`,
    '',
    text(verdictSentence(shown)),
    '',
    ...[goneWords(shown.gone) ?? []].flat().flatMap((words) => [`**${text(words)}**`, '']),
    text(plantedWords(shown.planted).join(' ')),
    '',
    ...shown.reasons.map((reason) => `- ${text(reason)}`),
    ...shown.discarded.map((one) => `- ${text(discardedWords(one))}`),
    ...(shown.reasons.length + shown.discarded.length > 0 ? [''] : []),
    `Run it again: ${code(header.command)}`,
    ...byTransport(shown.cells).flatMap(([transport, cells]) => [
      '',
      `## ${text(transportName(transport))}`,
      '',
      ...table(cells),
      ...story(cells, history),
    ]),
    '',
    '## Seen on',
    '',
    `${text(
      [
        ...Object.entries(header.versions).map(([name, version]) => `${name} ${version}`),
        `faults by ${header.faultsBy}`,
        `runtime ${header.runtime}`,
        `seed ${header.seed}`,
        header.steered ? 'steered' : 'unsteered',
        `commit ${header.commit.slice(0, 12)}`,
        `took ${tookWords(shown.cells)}`,
      ].join(', '),
    )}.`,
  ];
  return `${lines.join('\n')}\n`;
}

function table(cells: readonly Judgement[]): string[] {
  return [
    '| role | guard | fault | found | evidence | verdict |',
    '| --- | --- | --- | --- | --- | --- |',
    ...cells.map((cell) => `| ${rowOf(cell, cells).join(' | ')} |`),
  ];
}

function rowOf(cell: Judgement, cells: readonly Judgement[]): string[] {
  const { spec, conclusion, faults, findings } = cell;
  const remarks = [
    becauseWords(cell) ?? [],
    costWords(cell, cells) ?? [],
    booksWords(cell) ?? [],
  ].flat();
  const found = foundGroups(findings).map(
    ({ state, invariants, standing }) =>
      `${stateGlyphs[state]} ${state.toUpperCase()} ${text(invariantList(invariants))}, ${standing}`,
  );
  const outcome = `${glyphs[conclusion]} ${outcomeWord(cell)}`;
  return [
    text(spec.role),
    text(spec.guard),
    spec.fault === null
      ? '–'
      : [text(spec.fault), ...faults.map((fault) => text(faultWords(fault)))].join('<br>'),
    found.join('<br>'),
    [evidenceWords(cell).join(', '), ...remarks].map(text).join('<br>'),
    conclusion === 'as expected' ? outcome : `**${outcome}**`,
  ];
}

function story(cells: readonly Judgement[], history: History): string[] {
  const contrary = timelineOf(
    cells.filter(({ conclusion }) => conclusion === 'contrary'),
    history,
  );
  const timeline =
    contrary ??
    timelineOf(
      cells.filter(({ spec }) => spec.role === 'reproduce'),
      history,
    );
  if (timeline === null) return [];
  const { witness, invariant, cell, rows } = timeline;
  const start = rows[0]?.t ?? 0;
  return [
    '',
    `**Witness** ${text(witness.key)} in ${text(cell)}, ${invariant}: ${text(invariantStatements[invariant])}`,
    '',
    '| ms | event | from | to | |',
    '| ---: | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${(row.t - start).toFixed(1)} | ${timelineCells(row).join(' | ')} |`),
  ];
}

function timelineCells({ kind, what, note, from, to, passage }: TimelineRow): string[] {
  if (kind === 'fault') return [`**${text(what)}**`, '', '', text(note)];
  if (kind === 'count') return [text(what), '', '', text(note)];
  if (kind === 'state') return [`final state: ${text(what)}`, '', '', text(note)];
  const fate = passage === 'crossed' ? '' : ` **${passage}**`;
  return [`${text(what)}${fate}`, text(from), text(to), text(note)];
}

/** Escapes whatever Markdown, its tables or inline HTML could take for their own. */
function text(raw: string): string {
  return raw
    .toWellFormed()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~#!]/g, String.raw`\$&`);
}

/** A code span with a fence longer than any run of backticks inside. */
function code(raw: string): string {
  const longest = Math.max(0, ...[...raw.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const padding = raw.startsWith('`') || raw.endsWith('`') ? ' ' : '';
  return `${fence}${padding}${raw}${padding}${fence}`;
}
