/**
 * A plot's paper: a drawing with a name and a description, axes, a light grid, fault windows and labels. Sizes are in
 * units of the drawing; a page of 1280 shows one unit as about one pixel, and text is 14 of them.
 */
import { markup, px, sequence, type Markup, type Piece } from './markup.ts';
import { fill, filledWithRim, stroke, type Color } from './palette.ts';

/** From a value to a coordinate. */
export type Position = (value: number) => number;

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Drawing {
  /** Unique on the page. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** What it is, in a few words; read out first. */
  readonly title: string;
  /** What it shows, for those who cannot see it. */
  readonly description: string;
}

/** The inside of the axes. */
export function boxOf(
  { width, height }: Pick<Drawing, 'width' | 'height'>,
  margin: {
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  },
): Box {
  return {
    left: margin.left,
    right: width - margin.right,
    top: margin.top,
    bottom: height - margin.bottom,
  };
}

export function drawing(
  { id, width, height, title, description }: Drawing,
  content: Piece,
): Markup {
  return markup`<svg role="img" aria-labelledby="${id}-t ${id}-d" width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}" overflow="visible" font-family="system-ui, sans-serif" font-size="14"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${content}</svg>`;
}

export interface Side {
  readonly ticks: readonly Tick[];
  readonly scale: Position;
  readonly label: string;
}

/** Ticks and name below the box; its grid lines where asked for. */
export function axisBelow({ left, right, top, bottom }: Box, side: Side, grid = false): Markup {
  const { ticks, scale, label } = side;
  return sequence([
    grid
      ? markup`<path d="${ticks.map(({ at }) => `M${px(scale(at))} ${px(top)}V${px(bottom)}`).join('')}"${stroke('grid')}/>`
      : null,
    markup`<path d="M${px(left)} ${px(bottom)}H${px(right)}"${stroke('axis')}/>`,
    markup`<g${fill('quiet')} text-anchor="middle">${ticks.map(
      ({ at, label: text }) =>
        markup`<text x="${px(scale(at))}" y="${px(bottom + 17)}">${text}</text>`,
    )}</g>`,
    label === ''
      ? null
      : markup`<text x="${px((left + right) / 2)}" y="${px(bottom + 36)}" text-anchor="middle"${fill('ink')}>${label}</text>`,
  ]);
}

/** Ticks left of the box with their grid lines, and the name above the box, written level. */
export function axisLeft({ left, right, top }: Box, { ticks, scale, label }: Side): Markup {
  return sequence([
    markup`<path d="${ticks.map(({ at }) => `M${px(left)} ${px(scale(at))}H${px(right)}`).join('')}"${stroke('grid')}/>`,
    markup`<g${fill('quiet')} text-anchor="end">${ticks.map(
      ({ at, label: text }) =>
        markup`<text x="${px(left - 7)}" y="${px(scale(at) + 5)}">${text}</text>`,
    )}</g>`,
    label === '' ? null : textAt(0, top - 17, label, 'ink', { bold: true }),
  ]);
}

/** When the trigger was on: a band with hatched edges and its name. */
export function faultBand(box: Box, from: number, to: number, label: string): Markup {
  const width = Math.max(1, to - from);
  const beside = width < 62;
  return sequence([
    markup`<rect x="${px(from)}" y="${px(box.top)}" width="${px(width)}" height="${px(box.bottom - box.top)}"${fill('faultSoft')}/>`,
    markup`<path d="M${px(from)} ${px(box.top)}V${px(box.bottom)}M${px(to)} ${px(box.top)}V${px(box.bottom)}"${stroke('fault')} stroke-width="1.5" stroke-dasharray="3 3"/>`,
    textAt(beside ? to + 5 : from + 5, box.top + 14, label, 'fault'),
  ]);
}

export interface TextLook {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  /** A rim of the colour behind the text, where lines run through it. */
  readonly halo?: Color;
}

export function textAt(
  x: number,
  y: number,
  text: string,
  color: Color = 'ink',
  { anchor = 'start', bold = false, halo }: TextLook = {},
): Markup {
  const rim =
    halo === undefined
      ? null
      : markup` paint-order="stroke" stroke-width="4" stroke-linejoin="round"`;
  const paint = halo === undefined ? fill(color) : filledWithRim(color, halo);
  return markup`<text x="${px(x)}" y="${px(y)}"${paint}${rim}${anchor === 'start' ? null : markup` text-anchor="${anchor}"`}${bold ? markup` font-weight="700"` : null}>${text}</text>`;
}

/** A line where something is expected: a law. */
export function lawLine(x1: number, y1: number, x2: number, y2: number): Markup {
  return markup`<path d="M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}"${stroke('ink')} stroke-width="2.5" stroke-dasharray="8 5"/>`;
}

/** Points joined by straight lines. */
export function pathThrough(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`).join('');
}

/**
 * Moves labels apart, keeping their order, so that none covers another.
 * @param wanted where each would like to be
 * @returns where each is, in the order given
 */
export function apart(
  wanted: readonly number[],
  gap: number,
  least: number,
  most: number,
): number[] {
  const order = wanted.map((at, index) => ({ at, index })).toSorted((a, b) => a.at - b.at);
  const placed: number[] = [];
  let previous = least - gap;
  for (const { at } of order) {
    previous = Math.max(previous + gap, at);
    placed.push(previous);
  }
  let limit = most + gap;
  for (let index = placed.length - 1; index >= 0; index -= 1) {
    limit = Math.min(limit - gap, placed[index] ?? limit);
    placed[index] = limit;
  }
  const result = Array.from(wanted, () => 0);
  for (const [rank, { index }] of order.entries()) result[index] = placed[rank] ?? 0;
  return result;
}
