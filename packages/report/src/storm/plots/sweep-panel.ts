/**
 * P(stuck) over something that was varied: a dot with Wilson's 95 % interval at each step, the model's share as an open
 * diamond, and a dashed line where a law puts the edge. Used wherever an edge is looked for.
 */
import { halfPointOf } from '@lab/statistics';
import { scaleLinear } from 'd3-scale';

import { groups, measuredTally, modelTally, type Tally, type ValidCell } from '../cells.ts';
import { mark } from '../draw/marks.ts';
import type { Piece } from '../draw/markup.ts';
import { markup, px, type Markup } from '../draw/markup.ts';
import { stroke } from '../draw/palette.ts';
import { axisBelow, axisLeft, boxOf, drawing, lawLine, pathThrough, textAt } from '../draw/plot.ts';
import { ofAll, plainNumber } from '../numbers.ts';

/** One value of what was varied, and what its cells came to. */
export interface Step {
  readonly at: number;
  readonly measured: Tally;
  readonly model: Tally;
  readonly cells: readonly ValidCell[];
}

/** Cells by what was varied, rising. */
export function stepsOf(cells: readonly ValidCell[], varied: (cell: ValidCell) => number): Step[] {
  return groups(cells, (cell) => varied(cell).toFixed(4))
    .map((members) => ({
      at: members.reduce((sum, cell) => sum + varied(cell), 0) / members.length,
      measured: measuredTally(members),
      model: modelTally(members),
      cells: members,
    }))
    .toSorted((a, b) => a.at - b.at);
}

/** Where P(stuck) passes one half, and where it may lie instead. */
export interface Edge {
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** Null where it was not seen: all steps lie on one side, or P(stuck) does not rise. */
export function edgeOf(steps: readonly Step[]): Edge | null {
  const half = halfPointOf(steps.map(({ at, measured: { stuck, n } }) => ({ x: at, k: stuck, n })));
  if (half?.kind === 'bracket') return half;
  if (half?.kind !== 'fit') return null;
  const below = steps.findLast(({ measured }) => measured.stuck === 0)?.at ?? half.at;
  const above = steps.find(({ measured }) => measured.stuck === measured.n)?.at ?? half.at;
  return { at: half.at, low: Math.min(below, half.at), high: Math.max(above, half.at) };
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

const size = { width: 370, height: 270 };

export function drawSweepPanel({
  id,
  heading,
  steps,
  domain,
  axis,
  law,
  edge,
}: SweepPanel): Markup {
  const box = boxOf(size, { left: 50, right: 22, top: 44, bottom: 44 });
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
    law === null ? null : besideLine(x(law.at), box.top + 12, law.label, box.right),
    markup`<path d="${line(({ model }) => model.share)}"${stroke('quiet')} stroke-width="1.5" stroke-dasharray="2 3"/>`,
    steps.map(({ at, model }) => mark('diamond', x(at), y(model.share), 'quiet', true)),
    markup`<path d="${steps.map(({ at, measured }) => `M${px(x(at))} ${px(y(measured.low))}V${px(y(measured.high))}`).join('')}"${stroke('bad')} stroke-width="2.5"/>`,
    markup`<path d="${line(({ measured }) => measured.share)}"${stroke('bad')} stroke-width="2.5"/>`,
    steps.map(({ at, measured }) => mark('square', x(at), y(measured.share), 'bad')),
    edge === null ? null : drawEdge(edge, x, y(0.5), box.right),
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
  right: number,
): Markup {
  const within = (value: number): number => Math.min(right, Math.max(50, x(value)));
  return markup`<path d="M${px(within(low))} ${px(y)}H${px(within(high))}"${stroke('good')} stroke-width="3"/>${mark('tick', within(at), y, 'good')}${besideLine(within(at), y + 26, label, right, 'good')}`;
}

/** Right of a point where there is room, else left of it. */
function besideLine(
  x: number,
  y: number,
  label: string,
  right: number,
  color: 'ink' | 'good' = 'ink',
): Markup {
  return x + 8 + label.length * 7.6 < right + 20
    ? textAt(x + 7, y, label, color)
    : textAt(x - 7, y, label, color, { anchor: 'end' });
}
