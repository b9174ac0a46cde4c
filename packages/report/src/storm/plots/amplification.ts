/**
 * Plot 5: attempts a job while stuck against A_max, the most a policy can sustain; and for layers that each retry,
 * attempts at the last of k against n to the power k.
 */
import type { CountedCell, LayersRow, StormResult, StormSummary } from '@lab/storm';
import { scaleLinear, scaleLog } from 'd3-scale';

import { policyGroups } from '../cells.ts';
import { figures, words, type DataTable } from '../draw/data-table.ts';
import { mark } from '../draw/marks.ts';
import { markup, px, sequence, type Markup } from '../draw/markup.ts';
import { stroke } from '../draw/palette.ts';
import { apart, axisBelow, axisLeft, boxOf, drawing, lawLine, textAt } from '../draw/plot.ts';
import { middle, plainNumber, two } from '../numbers.ts';
import type { Plot, PlotKind } from './plot-of.ts';

export const amplification: PlotKind = {
  number: 5,
  name: 'Amplification',
  studies: ['policies', 'layers'],
  command: 'pnpm fm bench storm --studies policies,layers',
  plot,
};

interface Point {
  readonly name: string;
  readonly expected: number;
  /** Median of the cells, and the lowest and highest. */
  readonly measured: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  /** Whether the bound was put to the test: the load stayed stuck, so that all attempts failed. */
  readonly reached: boolean;
}

function plot(result: StormResult, summary: StormSummary): Plot | null {
  const policies = policyGroups(result).flatMap(policyPoint);
  const layers = summary.layers.flatMap(layerPoint);
  if (policies.length + layers.length === 0) return null;
  return {
    finding: findingOf(policies, layers),
    reading:
      'Predicted along, measured up; on the dashed line they are the same. Squares: policies whose load stayed stuck, so that every attempt failed and the bound was reached. Circles: policies of which no load was stuck; once it is back nothing fails, so they lie at one attempt a job whatever their bound. Labels are the policies, at the height of their points. For layers both axes are logarithmic.',
    shows: showsOf(policies, layers),
    figure: markup`<div class="panels wide" tabindex="0" role="region" aria-label="${amplification.name}, drawings">${policies.length === 0 ? null : drawPolicies(policies)}${layers.length === 0 ? null : drawLayers(layers)}</div>`,
    table: tableOf(policies, layers),
  };
}

function policyPoint(cells: readonly CountedCell[]): Point[] {
  const stuck = cells.filter(({ measured }) => measured.verdict === 'stuck');
  const counted = stuck.length > 0 ? stuck : cells;
  return pointOf(
    cells[0]?.setting.policy ?? '',
    cells[0]?.law.aMax ?? 1,
    counted.map(({ measured }) => measured.amplificationAfter),
    stuck.length > 0,
  );
}

/** At the last of several layers while the store is out; a hop that never tries again multiplies nothing. */
function layerPoint({ policy, hops, predicted, measured }: LayersRow): Point[] {
  if (measured === null || policy === 'none') return [];
  const { median, low, high, n } = measured;
  const name = `${hops} ${hops === 1 ? 'layer' : 'layers'}`;
  return [{ name, expected: predicted, measured: median, low, high, n, reached: true }];
}

function pointOf(
  name: string,
  expected: number,
  sample: readonly number[],
  reached: boolean,
): Point[] {
  const measured = middle(sample);
  if (measured === null) return [];
  const [low, high] = [Math.min(...sample), Math.max(...sample)];
  return [{ name, expected, measured, low, high, n: sample.length, reached }];
}

function findingOf(policies: readonly Point[], layers: readonly Point[]): string {
  const stuck = policies.filter(({ reached }) => reached);
  const near = stuck.filter((point) => offBy(point) <= 0.05);
  const deepest = layers.at(-1);
  const sentences = [
    stuck.length === 0
      ? ''
      : `${near.length} of ${stuck.length} stuck policies made attempts within 5 % of A_max`,
    deepest === undefined
      ? ''
      : `${deepest.name} multiplied attempts by ${plainNumber(Number(deepest.measured.toPrecision(3)))}, ${deepest.expected} predicted`,
  ].filter((sentence) => sentence !== '');
  return sentences.length === 0
    ? 'No load stayed stuck, so no bound was reached'
    : sentences.join('; ');
}

function offBy({ measured, expected }: Point): number {
  return Math.abs(measured / expected - 1);
}

function showsOf(policies: readonly Point[], layers: readonly Point[]): string {
  const stuck = policies.filter(({ reached }) => reached);
  const worst = stuck.toSorted((a, b) => offBy(b) - offBy(a))[0];
  return [
    worst === undefined
      ? policies.length === 0
        ? ''
        : 'No policy stayed stuck.'
      : `${stuck.length} of ${policies.length} policies stayed stuck in at least one seed; the farthest from its bound is ${worst.name} with ${two(worst.measured)} against ${two(worst.expected)}.`,
    ...layers.map(
      ({ name, measured, expected }) =>
        `${name}: ${plainNumber(Number(measured.toPrecision(3)))} attempts at the last one, ${expected} predicted.`,
    ),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function drawPolicies(all: readonly Point[]): Markup {
  const size = { width: 560, height: Math.max(400, 110 + 17 * all.length) };
  const longest = Math.max(...all.map(({ name }) => name.length));
  const box = boxOf(size, { left: 40, right: 60 + 7.4 * longest, top: 50, bottom: 46 });
  const most = Math.ceil(Math.max(...all.flatMap(({ expected, high }) => [expected, high])) + 0.2);
  const x = scaleLinear([0, most], [box.left, box.right]);
  const y = scaleLinear([0, most], [box.bottom, box.top]);
  const ticks = x.ticks(5).map((at) => ({ at, label: plainNumber(at) }));
  const order = all.toSorted((a, b) => b.measured - a.measured || b.expected - a.expected);
  const labels = apart(
    order.map(({ measured }) => y(measured) + 5),
    17,
    box.top,
    box.bottom + 30,
  );
  return drawing(
    {
      id: 'p5-policies',
      ...size,
      title: 'Attempts a job: measured against A_max',
      description: all
        .map(({ name, measured, expected }) => `${name} ${two(measured)} of ${two(expected)}`)
        .join(', '),
    },
    [
      axisLeft(box, { ticks, scale: y, label: 'measured attempts a job, last third' }),
      axisBelow(box, { ticks, scale: x, label: 'A_max: what the policy can sustain' }),
      lawLine(x(0), y(0), x(most), y(most)),
      order.map(({ expected, measured }, index) => {
        const at = (labels[index] ?? 0) - 5;
        return markup`<path d="M${px(x(expected) + 6)} ${px(y(measured))}L${px(box.right + 4)} ${px(at)}h6"${stroke('axis')}/>`;
      }),
      all.map(({ expected, low, high }) =>
        high - low < most / 100
          ? null
          : markup`<path d="M${px(x(expected))} ${px(y(low))}V${px(y(high))}"${stroke('bad')} stroke-width="2.5"/>`,
      ),
      all.map(({ expected, measured, reached }) =>
        reached
          ? mark('square', x(expected), y(measured), 'bad')
          : mark('circle', x(expected), y(measured), 'good', true),
      ),
      order.map(({ name, measured }, index) =>
        textAt(box.right + 14, labels[index] ?? 0, `${two(measured)} ${name}`),
      ),
    ],
  );
}

function drawLayers(all: readonly Point[]): Markup {
  const size = { width: 560, height: 420 };
  const box = boxOf(size, { left: 44, right: 90, top: 50, bottom: 46 });
  const most = 1.6 * Math.max(3, ...all.flatMap(({ expected, high }) => [expected, high]));
  const x = scaleLog([1, most], [box.left, box.right]);
  const y = scaleLog([1, most], [box.bottom, box.top]);
  const ticks = [1, 3, 9, 27, 81, 243, 729]
    .filter((at) => at <= most)
    .map((at) => ({ at, label: String(at) }));
  return drawing(
    {
      id: 'p5-layers',
      ...size,
      title: 'Attempts at the last of several layers',
      description: all
        .map(({ name, measured, expected }) => `${name}: ${two(measured)} of ${expected}`)
        .join(', '),
    },
    [
      axisLeft(box, { ticks, scale: y, label: 'attempts a job at the last layer' }),
      axisBelow(box, { ticks, scale: x, label: 'attempts to the power of layers' }),
      lawLine(x(1), y(1), x(most), y(most)),
      sequence(
        all.map(({ name, expected, measured, low, high }) => [
          markup`<path d="M${px(x(expected))} ${px(y(Math.max(1, low)))}V${px(y(Math.max(1, high)))}"${stroke('bad')} stroke-width="2.5"/>`,
          mark('square', x(expected), y(Math.max(1, measured)), 'bad'),
          textAt(x(expected) + 9, y(Math.max(1, measured)) + 16, name),
        ]),
      ),
    ],
  );
}

function tableOf(policies: readonly Point[], layers: readonly Point[]): DataTable {
  return {
    caption:
      'Attempts a job that reached the queue: last third of the watch; for layers the highest window of the outage',
    columns: [
      words('policy'),
      figures('predicted'),
      figures('measured, median'),
      figures('lowest'),
      figures('highest'),
      figures('cells'),
      words('bound reached'),
    ],
    rows: [...policies, ...layers].map(({ name, expected, measured, low, high, n, reached }) => [
      name,
      plainNumber(expected),
      two(measured),
      two(low),
      two(high),
      n,
      reached ? 'yes, stuck' : 'no',
    ]),
  };
}
