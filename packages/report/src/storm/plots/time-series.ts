/**
 * Plot 1: what was offered, attempted and answered over time, and how long the queue was, one row a policy on shared
 * axes. Rates are in parts of mu and the queue in parts of mu T, so that rows of different machines can be compared; a
 * queue of mu T takes one whole timeout to work off, so the same line says how old its oldest request is.
 */
import { measuredCount, muTOf, rhoOf, type CountedCell, type StormResult } from '@lab/storm';
import { scaleLinear, scaleSymlog } from 'd3-scale';
import { area, curveLinear, line } from 'd3-shape';

import { listed } from '../../text.ts';
import {
  policyGroups,
  usualVerdict,
  column,
  representative,
  sharedSeed,
  shareStuck,
} from '../cells.ts';
import { figures, words, type DataTable } from '../draw/data-table.ts';
import { markup, px, type Markup } from '../draw/markup.ts';
import { fill, stroke } from '../draw/palette.ts';
import {
  apart,
  axisBelow,
  axisLeft,
  boxOf,
  drawing,
  faultBand,
  textAt,
  type Box,
  type Position,
} from '../draw/plot.ts';
import {
  loadWords,
  ofAll,
  policyTitle,
  seconds,
  someOf,
  spanOf,
  triggerWords,
  two,
  verdictWords,
} from '../numbers.ts';
import { verdictMark } from '../verdict-mark.ts';
import type { Plot, PlotKind } from './plot-of.ts';

export const timeSeries: PlotKind = {
  number: 1,
  name: 'Time series',
  command: 'pnpm fm bench storm --studies policies',
  plot,
};

/** One policy's cells and the one that is drawn. */
interface Row {
  readonly policy: string;
  readonly title: string;
  readonly cells: readonly CountedCell[];
  readonly drawn: CountedCell;
}

function plot(result: StormResult): Plot | null {
  const all = policyGroups(result);
  const seed = sharedSeed(all);
  const rows = all
    .flatMap((cells): Row[] => {
      const drawn = representative(cells, seed);
      return drawn === undefined
        ? []
        : [
            {
              policy: drawn.setting.policy,
              title: policyTitle(result, drawn.setting.policy),
              cells,
              drawn,
            },
          ];
    })
    .toSorted((a, b) => shareStuck(measuredCount(b.cells)) - shareStuck(measuredCount(a.cells)));
  const [first] = rows;
  if (first === undefined) return null;
  const scales = scalesOf(rows);
  const stuck = rows.filter(({ cells }) => usualVerdict(measuredCount(cells)) === 'stuck');
  return {
    finding: findingOf(rows, stuck),
    reading: `Left: jobs offered (dotted), attempts that reached the queue (dashed) and jobs answered in time (thick), in parts of the capacity mu. Right: requests waiting, in parts of mu T, on a scale that is linear up to 1 and logarithmic above; above 1 a request that joins waits longer than its caller. The shaded band is the trigger. Every row has the same axes and, where it can, the same seed, so the same jobs.`,
    shows: showsOf(rows, stuck),
    figure: markup`<div class="rows">${rows.map((row, index) => drawRow(row, index, scales))}</div>`,
    table: tableOf(rows),
  };
}

function findingOf(rows: readonly Row[], stuck: readonly Row[]): string {
  const trigger = rows[0]?.drawn.setting.trigger ?? 'stall';
  const ended = trigger === 'none' ? 'Without a trigger' : `Long after the ${trigger} was gone`;
  if (stuck.length === 0) return `${ended}, every policy was answering again`;
  if (stuck.length === rows.length) return `${ended}, no policy was answering again`;
  return `${ended}, ${stuck.length} of ${rows.length} policies still answered less than half of their jobs`;
}

function showsOf(rows: readonly Row[], stuck: readonly Row[]): string {
  const { setting } = rows[0]?.drawn ?? {};
  const at = setting === undefined ? '' : `At ${loadWords(setting)}: `;
  const names = (some: readonly Row[]): string =>
    someOf(
      some.map(({ policy }) => policy),
      8,
    );
  const over = stuck.filter(({ drawn }) => attemptsOf(drawn) > 1);
  const under = stuck.filter(({ drawn }) => attemptsOf(drawn) <= 1);
  const emptied = rows.filter((row) => !stuck.includes(row));
  const told = [
    over.length === 0
      ? ''
      : `under ${names(over)}, attempts stayed above what the server can do, for as long as was watched`,
    under.length === 0
      ? ''
      : `${names(under)} stayed stuck although it sent no more than the server can do (${spanOf(
          under.map(({ drawn }) => attemptsOf(drawn)),
          two,
        )} mu)`,
    emptied.length === 0 ? '' : `${names(emptied)} came back`,
  ];
  return `${at}${told.filter((part) => part !== '').join('; ')}.`;
}

/** Attempts in the last third, in parts of mu. */
function attemptsOf({ measured, setting }: CountedCell): number {
  return measured.amplificationAfter * rhoOf(setting);
}

interface Scales {
  readonly endMs: number;
  readonly mostRate: number;
  readonly mostDepth: number;
}

function scalesOf(rows: readonly Row[]): Scales {
  let [endMs, mostRate, mostDepth] = [0, 1, 1];
  for (const { drawn } of rows) {
    const { windowMs, setting } = drawn;
    endMs = Math.max(endMs, column(drawn, 'offered').length * windowMs);
    for (const rate of rates(drawn, 'reached')) mostRate = Math.max(mostRate, rate);
    for (const depth of column(drawn, 'depth'))
      mostDepth = Math.max(mostDepth, depth / muTOf(setting));
  }
  return { endMs, mostRate, mostDepth };
}

/** A count a window, in parts of mu. */
function rates(cell: CountedCell, name: 'offered' | 'reached' | 'succeeded'): number[] {
  const perWindow = (cell.setting.capacityPerS * cell.windowMs) / 1000;
  return column(cell, name).map((count) => count / perWindow);
}

const size = { width: 470, height: 188 };

function drawRow(row: Row, index: number, scales: Scales): Markup {
  const { cells, drawn, title, policy } = row;
  const tally = measuredCount(cells);
  const usual = usualVerdict(tally);
  const { measured, law } = drawn;
  return markup`<section class="row" aria-label="${title}"><div><h3>${title}</h3><p class="verdict">${verdictMark(usual)} ${verdictWords[usual]}</p><p class="small">stuck in ${ofAll(tally)} seeds<br/>${two(measured.amplificationAfter)} attempts a job at the end; bound ${two(law.aMax)}<br/>seed ${drawn.setting.seed} drawn</p></div>${drawRates(row, `p1-${index}-rate`, scales, policy)}${drawDepth(row, `p1-${index}-depth`, scales, policy)}</section>`;
}

function drawRates({ drawn }: Row, id: string, scales: Scales, policy: string): Markup {
  const box = boxOf(size, { left: 34, right: 104, top: 30, bottom: 24 });
  const { measured, setting } = drawn;
  const x = timeScale(box, scales);
  const most = Math.ceil(scales.mostRate * 2) / 2;
  const y = scaleLinear([0, most], [box.bottom, box.top]);
  const rho = rhoOf(setting);
  const ends = [
    { name: 'attempts', color: 'bad', value: measured.amplificationAfter * rho },
    { name: 'offered', color: 'ink', value: rho },
    { name: 'answered', color: 'good', value: measured.goodputAfter * rho },
  ] as const;
  const labels = apart(
    ends.map(({ value }) => y(value) + 5),
    16,
    box.top + 5,
    box.bottom,
  );
  const answered = points(rates(drawn, 'succeeded'), drawn.windowMs);
  const shape = area<readonly [number, number]>()
    .x(([at]) => px(x(at)))
    .y0(px(box.bottom))
    .y1(([, value]) => px(y(value)));
  return drawing(
    {
      id,
      ...size,
      title: `Rates under ${policy}`,
      description: `In parts of the capacity. In the last third ${two(rho)} was offered, ${two(measured.amplificationAfter * rho)} attempted and ${two(measured.goodputAfter * rho)} answered in time.`,
    },
    [
      drawTrigger(box, drawn, x),
      axisLeft(box, {
        ticks: y.ticks(4).map((at) => ({ at, label: String(at) })),
        scale: y,
        label: 'parts of mu',
      }),
      axisBelow(box, { ticks: timeTicks(x), scale: x, label: '' }),
      markup`<path d="${shape(answered) ?? ''}"${fill('goodSoft')}/>`,
      markup`<path d="${smooth(rates(drawn, 'offered'), drawn, x, y)}"${stroke('ink')} stroke-width="2.5" stroke-dasharray="2 4"/>`,
      markup`<path d="${smooth(rates(drawn, 'reached'), drawn, x, y)}"${stroke('bad')} stroke-width="2.5" stroke-dasharray="7 3"/>`,
      markup`<path d="${smooth(rates(drawn, 'succeeded'), drawn, x, y)}"${stroke('good')} stroke-width="3.5"/>`,
      ends.map(({ name, color, value }, index) =>
        textAt(box.right + 6, labels[index] ?? 0, `${two(value)} ${name}`, color),
      ),
    ],
  );
}

function drawDepth({ drawn }: Row, id: string, scales: Scales, policy: string): Markup {
  const box = boxOf(size, { left: 38, right: 64, top: 30, bottom: 24 });
  const x = timeScale(box, scales);
  const one = muTOf(drawn.setting);
  const depths = column(drawn, 'depth').map((depth) => depth / one);
  const y = scaleSymlog([0, Math.max(10, scales.mostDepth * 1.2)], [box.bottom, box.top]).constant(
    1,
  );
  const ticks = [0, 1, 10, 100, 1000].filter((at) => at <= Math.max(10, scales.mostDepth * 1.2));
  const last = depths.at(-1) ?? 0;
  return drawing(
    {
      id,
      ...size,
      title: `Queue under ${policy}`,
      description: `Requests waiting in parts of mu T: at most ${two(Math.max(0, ...depths))}, at the end ${two(last)}.`,
    },
    [
      drawTrigger(box, drawn, x),
      axisLeft(box, {
        ticks: ticks.map((at) => ({ at, label: String(at) })),
        scale: y,
        label: 'queue in mu T',
      }),
      axisBelow(box, { ticks: timeTicks(x), scale: x, label: '' }),
      markup`<path d="M${px(box.left)} ${px(y(1))}H${px(box.right)}"${stroke('axis')} stroke-width="2" stroke-dasharray="8 5"/>`,
      textAt(box.right + 5, y(1) + 5, '1: wait T', 'quiet'),
      markup`<path d="${smooth(depths, drawn, x, y)}"${stroke('ink')} stroke-width="2.5"/>`,
      Math.abs(y(last) - y(1)) < 15
        ? null
        : textAt(
            box.right + 5,
            y(last) + 5,
            last < 10 ? two(last) : String(Math.round(last)),
            'ink',
          ),
    ],
  );
}

function timeScale(box: Box, { endMs }: Scales) {
  return scaleLinear([0, endMs], [box.left, box.right]);
}

function timeTicks(x: { ticks: (count: number) => number[] }) {
  return x.ticks(5).map((at, index, all) => ({
    at,
    label: index === all.length - 1 ? seconds(at) : seconds(at).replace(' s', ''),
  }));
}

/** The trigger as it was confirmed, else as it was set. */
function drawTrigger(box: Box, { setting, trigger }: CountedCell, x: Position): Markup | null {
  if (setting.trigger === 'none') return null;
  const on = trigger.onMs ?? setting.warmUpMs;
  const off = trigger.offMs ?? on + setting.triggerMs;
  return faultBand(box, x(on), x(off), `${triggerWords[setting.trigger]} ${seconds(off - on)}`);
}

/** Each count stands at the middle of its window. */
function points(values: readonly number[], windowMs: number): [number, number][] {
  return values.map((value, index) => [(index + 0.5) * windowMs, value]);
}

function smooth(
  values: readonly number[],
  { windowMs }: CountedCell,
  x: Position,
  y: Position,
): string {
  const draw = line<readonly [number, number]>()
    .x(([at]) => px(x(at)))
    .y(([, value]) => px(y(value)))
    .curve(curveLinear);
  return draw(points(values, windowMs)) ?? '';
}

function tableOf(rows: readonly Row[]): DataTable {
  const longest = Math.max(...rows.map(({ drawn }) => column(drawn, 'offered').length));
  const windowMs = rows[0]?.drawn.windowMs ?? 0;
  const counts = ['offered', 'reached', 'succeeded', 'depth'] as const;
  return {
    caption: `Counts a window of ${seconds(windowMs)} and queue depth at its end, in messages; columns are windows by their start; reached: attempts that the broker confirmed (${listed(rows.map(({ policy, drawn }) => `${policy} seed ${drawn.setting.seed}`))})`,
    columns: [
      words('policy'),
      words('count'),
      ...Array.from({ length: longest }, (_, window) => figures(seconds(window * windowMs))),
    ],
    rows: rows.flatMap(({ policy, drawn }) =>
      counts.map((name) => [policy, name, ...column(drawn, name).map((value) => value)]),
    ),
  };
}
