/**
 * P(stuck) over something that was varied: a dot with Wilson's 95 % interval at each step, the model's share as an open
 * diamond, and a dashed line where a law puts the edge. Used wherever an edge is looked for.
 */
import { groupsOf, halfOf, measuredCount, type CountedCell, type StuckCount } from '@lab/storm';
import { scaleLinear } from 'd3-scale';

import { modelCount, shareStuck } from '../cells.ts';
import { mark } from '../draw/marks.ts';
import { markup, px, sequence, type Markup, type Piece } from '../draw/markup.ts';
import { stroke } from '../draw/palette.ts';
import {
  axisBelow,
  axisLeft,
  boxOf,
  drawing,
  lawLine,
  pathThrough,
  textAt,
  type Box,
} from '../draw/plot.ts';
import { ofAll, plainNumber, two } from '../numbers.ts';

/** One value of what was varied, and what its cells came to. */
export interface Step {
  readonly at: number;
  readonly measured: StuckCount;
  readonly model: StuckCount;
  readonly cells: readonly CountedCell[];
}

/** Cells by what was varied, rising. */
export function stepsOf(
  cells: readonly CountedCell[],
  varied: (cell: CountedCell) => number,
): Step[] {
  return groupsOf(cells, (cell) => varied(cell).toFixed(4))
    .map((members) => ({
      at: members.reduce((sum, cell) => sum + varied(cell), 0) / members.length,
      measured: measuredCount(members),
      model: modelCount(members),
      cells: members,
    }))
    .toSorted((a, b) => a.at - b.at);
}

/**
 * Where P(stuck) passes one half, with the 95 % interval of the bootstrap over seeds, and no narrower than the step of what
 * was tried where all seeds turned within one step. Null: beyond what was tried.
 */
export interface Edge {
  readonly at: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Null where it was not seen: all steps lie on one side, or P(stuck) does not rise with what is varied. */
export function edgeOf(
  cells: readonly CountedCell[],
  varied: (cell: CountedCell) => number,
): Edge | null {
  const { point, low, high } = halfOf(cells, varied);
  if (point?.kind === 'fit') return { at: point.at, low, high };
  if (point?.kind !== 'bracket') return null;
  return {
    at: point.at,
    low: low === null ? null : Math.min(low, point.low),
    high: high === null ? null : Math.max(high, point.high),
  };
}

/** `0.48 (0.45 to 0.50)`. */
export function edgeWords({ at, low, high }: Edge): string {
  if (low === null && high === null) return two(at);
  return `${two(at)} (${low === null ? 'below what was tried' : two(low)} to ${high === null ? 'above what was tried' : two(high)})`;
}

export interface SweepPanel {
  readonly id: string;
  /** Above the panel. */
  readonly heading: string;
  readonly steps: readonly Step[];
  /** Both ends of the axis; the same in all panels of a plot. */
  readonly domain: readonly [number, number];
  /** `D in T`. */
  readonly axis: string;
  /** Where the law puts the edge, and its name. */
  readonly law: { readonly at: number; readonly label: string } | null;
  /** The edge that was found, with its interval where there is one. */
  readonly edge: (Edge & { readonly label: string }) | null;
}

const size = { width: 370, height: 286 };

export function drawSweepPanel({
  id,
  heading,
  steps,
  domain,
  axis,
  law,
  edge,
}: SweepPanel): Markup {
  const box = boxOf(size, { left: 50, right: 18, top: 50, bottom: 46 });
  const x = scaleLinear(domain, [box.left + 8, box.right - 8]);
  const y = scaleLinear([0, 1], [box.bottom, box.top]);
  const line = (of: (step: Step) => number): string =>
    pathThrough(steps.map((step) => [x(step.at), y(of(step))]));
  const content: Piece[] = [
    axisLeft(box, {
      ticks: [0, 0.5, 1].map((at) => ({ at, label: `${100 * at} %` })),
      scale: y,
      label: heading,
    }),
    axisBelow(box, {
      ticks: x.ticks(6).map((at) => ({ at, label: plainNumber(at) })),
      scale: x,
      label: axis,
    }),
    law === null ? null : lawLine(x(law.at), box.bottom, x(law.at), box.top),
    markup`<path d="${line(({ model }) => shareStuck(model))}"${stroke('quiet')} stroke-width="1.5" stroke-dasharray="2 3"/>`,
    steps.map(({ at, model }) => mark('wide-diamond', x(at), y(shareStuck(model)), 'quiet', true)),
    markup`<path d="${steps.map(({ at, measured }) => `M${px(x(at))} ${px(y(measured.low))}V${px(y(measured.high))}`).join('')}"${stroke('bad')} stroke-width="2"/>`,
    markup`<path d="${line(({ measured }) => shareStuck(measured))}"${stroke('bad')} stroke-width="2.5"/>`,
    steps.map(({ at, measured }) => mark('square', x(at), y(shareStuck(measured)), 'bad')),
    edge === null ? null : drawEdge(edge, x, y(0.5), box),
    law === null ? null : besideLine(x(law.at), box.bottom - 10, law.label, box.right),
  ];
  const told = steps.map(({ at, measured }) => `${plainNumber(at)}: ${ofAll(measured)}`).join(', ');
  return drawing(
    { id, ...size, title: `P(stuck), ${heading}`, description: `Stuck by ${axis}: ${told}.` },
    content,
  );
}

function drawEdge(
  { at, low, high, label }: NonNullable<SweepPanel['edge']>,
  x: (value: number) => number,
  y: number,
  { left, right }: Box,
): Markup {
  const [from, to] = [low === null ? left : x(low), high === null ? right : x(high)];
  return sequence([
    markup`<path d="M${px(Math.max(left, from))} ${px(y)}H${px(Math.min(right, to))}"${stroke('good')} stroke-width="3"/>`,
    mark('tick', x(at), y, 'good'),
    besideLine(Math.min(right, x(at)), y + 30, label, right, 'good'),
  ]);
}

/** Right of a point where there is room, else left of it. */
function besideLine(
  x: number,
  y: number,
  label: string,
  right: number,
  color: 'ink' | 'good' = 'ink',
): Markup {
  const fits = x + 8 + label.length * 7.6 < right + 16;
  const halo = { halo: 'page', bold: true } as const;
  return fits
    ? textAt(x + 8, y, label, color, halo)
    : textAt(x - 8, y, label, color, { ...halo, anchor: 'end' });
}
