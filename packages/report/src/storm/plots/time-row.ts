/** One row of plot 1: a policy's rates and its queue over time, on axes that all rows share. */
import { muTOf, measuredCount, rhoOf, type CountedCell } from '@lab/storm';
import { scaleLinear, scaleSymlog } from 'd3-scale';
import { area, line } from 'd3-shape';

import { column, usualVerdict } from '../cells.ts';
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
import { ofAll, seconds, triggerWords, two, verdictWords } from '../numbers.ts';
import { verdictMark } from '../verdict-mark.ts';

/** One policy's cells and the one that is drawn. */
export interface Row {
  readonly policy: string;
  readonly title: string;
  readonly cells: readonly CountedCell[];
  readonly drawn: CountedCell;
}

export interface Scales {
  readonly endMs: number;
  readonly mostRate: number;
  readonly mostDepth: number;
}

export function scalesOf(rows: readonly Row[]): Scales {
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

export function drawRow(row: Row, index: number, scales: Scales): Markup {
  const { cells, drawn, title, policy } = row;
  const tally = measuredCount(cells);
  const usual = usualVerdict(tally);
  const { measured, law } = drawn;
  return markup`<section class="row" aria-label="${title}"><div><h3>${title}</h3><p class="verdict">${verdictMark(usual)} ${verdictWords[usual]}</p><p class="small">stuck in ${ofAll(tally)} seeds<br/>${two(measured.amplificationAfter)} attempts a job at the end; bound ${two(law.aMax)}<br/>seed ${drawn.setting.seed} drawn</p></div>${drawRates(row, `p1-${index}-rate`, scales, policy)}${drawDepth(row, `p1-${index}-depth`, scales, policy)}</section>`;
}

function drawRates({ drawn }: Row, id: string, scales: Scales, policy: string): Markup {
  const box = boxOf(size, { left: 34, right: 112, top: 30, bottom: 24 });
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
    .y(([, value]) => px(y(value)));
  return draw(points(values, windowMs)) ?? '';
}
