/**
 * A result as one HTML file: the finding, how to repeat it, ten plots with their numbers, and everything one must know to
 * doubt it. No script, nothing loaded from elsewhere, the same bytes for the same result.
 */
import { summarise, type StormResult, type StormSummary } from '@lab/storm';

import { count } from '../text.ts';
import { policyGroups } from './cells.ts';
import { drawTable, folded } from './draw/data-table.ts';
import { markup, sequence, type Markup } from './draw/markup.ts';
import { paletteCss } from './draw/palette.ts';
import { agreementWords, headlineOf, keyFindings } from './findings.ts';
import { settingWords, tookWords, topologyWords } from './numbers.ts';
import { plots } from './plots/all.ts';
import type { Plot, PlotKind } from './plots/plot-of.ts';
import { disagreeingTable, gatesTable, invalidTable } from './sections/evidence.ts';
import { limitsOf } from './sections/limits.ts';
import {
  calibrationTable,
  conditionsTable,
  policiesTable,
  triggersTable,
} from './sections/tables.ts';
import { pageCss } from './style.ts';

/** @returns a whole HTML document that ends in a newline */
export function renderStormPage(result: StormResult): string {
  const summary = summarise(result);
  const headline = headlineOf(result, summary);
  const drawn = plots.map((kind) => ({ kind, plot: kind.plot(result, summary) }));
  const page = markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="referrer" content="no-referrer"/>
<title>${headline}: retry storm</title>
<style>${paletteCss()}${pageCss}</style>
</head>
<body>
<main>
${headOf(result, summary, headline)}
<nav aria-label="Plots"><ol class="contents">${drawn.map(
    ({ kind, plot }) =>
      markup`<li><a href="#plot-${kind.number}">${plot === null ? `${kind.name}: not shown` : plot.finding}</a></li>`,
  )}</ol></nav>
${sequence(
  drawn.map(({ kind, plot }) => drawPlot(kind, plot, result)),
  '\n',
)}
${moreOf(result, summary)}
</main>
</body>
</html>
`;
  return page.toString();
}

function headOf(result: StormResult, summary: StormSummary, headline: string): Markup {
  const { profile, startedAt, machine, tookMs, cells, sideBySide, commit } = result;
  const [first] = policyGroups(result)[0] ?? [];
  const shown = first ?? cells[0];
  return markup`<header>
<p class="eyebrow">Retry storm · ${profile} profile · ${startedAt.slice(0, 10)} · ${machine.cores} cores · ${cells.length} cells, ${sideBySide} side by side, ${tookWords(tookMs)} · commit ${commit.slice(0, 12)}</p>
<h1>${headline}</h1>
<ul>${keyFindings(result, summary).map((finding) => markup`<li>${finding}</li>`)}</ul>
${shown === undefined ? null : markup`<p class="small">${topologyWords[shown.setting.topology]} over ${shown.setting.transport}: ${settingWords(shown.setting)}.</p>`}
${againOf(result)}
</header>`;
}

function againOf({ command }: StormResult): Markup {
  return markup`<div class="again"><p>To repeat it:</p><pre tabindex="0" aria-label="Command that repeats this run"><code>${command}</code></pre></div>`;
}

function drawPlot(kind: PlotKind, plot: Plot | null, result: StormResult): Markup {
  const { number, name } = kind;
  const id = `plot-${number}`;
  if (plot === null) return drawAbsence(kind, result);
  const one = name === 'Time to recover' || name === 'Every seed';
  const figure = one
    ? markup`<div class="scroll one" tabindex="0" role="region" aria-label="${name}, drawing">${plot.figure}</div>`
    : plot.figure;
  return markup`<section class="plot" id="${id}" aria-labelledby="${id}-h">
<p class="eyebrow">Plot ${number} · ${name}</p>
<h2 id="${id}-h">${plot.finding}</h2>
<p class="shows">${plot.shows}</p>
<p class="reading">How to read it: ${plot.reading}</p>
<figure>${figure}</figure>
${folded(plot.table)}
</section>`;
}

/** In place of an empty frame: what measures it, or that what was measured does not count. */
function drawAbsence({ number, name, command, studies }: PlotKind, { cells }: StormResult): Markup {
  const id = `plot-${number}`;
  const ran = cells.filter(({ study }) => studies.includes(study)).length;
  const [title, why] =
    ran === 0
      ? [`${name}: not measured in this run`, markup`Measured by <code>${command}</code>.`]
      : [
          `${name}: nothing that counts`,
          markup`${count(ran, 'cell')} ran for it; none with which it can be drawn passed its gates. See <a href="#gates">what counts</a>.`,
        ];
  return markup`<section class="plot" id="${id}" aria-labelledby="${id}-h"><p class="eyebrow">Plot ${number} · ${name}</p><h2 id="${id}-h">${title}</h2><p class="absent">${why}</p></section>`;
}

function moreOf(result: StormResult, summary: StormSummary): Markup {
  const triggers = triggersTable(result);
  const disagreeing = disagreeingTable(result, summary);
  const invalid = invalidTable(result);
  return sequence(
    [
      triggers === null ? null : section('triggers', 'Every trigger', [drawTable(triggers)]),
      section('policies', 'The policies', [
        paragraph(
          'A_max: most attempts a job that a policy can sustain while every attempt fails. beta: retries a job it sustains. reserve: retries a caller can spend at once beyond that. rho* = 1 / A_max: the load above which a collapse can last. Times are for the T of this run.',
        ),
        markup`<div class="policies">${drawTable(policiesTable(result))}</div>`,
      ]),
      section('agreement', 'Law, model and measurement', [
        paragraph(agreementWords(summary.agreement).join(' ')),
        disagreeing === null ? paragraph('No cell differs.') : drawTable(disagreeing),
      ]),
      section('gates', 'What counts', [
        invalid === null ? paragraph('Every cell passed every gate.') : drawTable(invalid),
        drawTable(gatesTable(result)),
      ]),
      section('conditions', 'Where and how it was measured', [
        drawTable(calibrationTable(result)),
        drawTable(conditionsTable(result)),
      ]),
      section('limits', 'What this run does not show', [
        markup`<ul>${limitsOf(result).map((limit) => markup`<li>${limit}</li>`)}</ul>`,
        againOf(result),
      ]),
    ],
    '\n',
  );
}

function paragraph(text: string): Markup {
  return markup`<p>${text}</p>`;
}

function section(id: string, title: string, content: readonly Markup[]): Markup {
  return markup`<section class="more" id="${id}" aria-labelledby="${id}-h"><h2 id="${id}-h">${title}</h2>${content}</section>`;
}
