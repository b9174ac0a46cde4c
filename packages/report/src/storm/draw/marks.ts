/** What points and lines look like. Each shape and each dash has one meaning on the page. */
import { markup, px, type Markup } from './markup.ts';
import { fill, outline, stroke, type Color } from './palette.ts';

export type Shape =
  | 'square'
  | 'circle'
  | 'triangle'
  | 'diamond'
  | 'wide-diamond'
  | 'arrow-right'
  | 'tick';

/** A point of about 9 units. */
export function mark(shape: Shape, x: number, y: number, color: Color, open = false): Markup {
  if (shape === 'tick') {
    return markup`<path d="M${px(x)} ${px(y - 11)}v22"${stroke(color)} stroke-width="3"/>`;
  }
  const paint = open ? markup`${outline(color)} stroke-width="2"` : fill(color);
  if (shape === 'circle') return markup`<circle cx="${px(x)}" cy="${px(y)}" r="4.5"${paint}/>`;
  return markup`<path d="M${px(x)} ${px(y)}${outlines[shape]}"${paint}/>`;
}

const outlines = {
  square: 'm-4.2-4.2h8.4v8.4h-8.4z',
  triangle: 'm0-5.4 5.2 9.4h-10.4z',
  'wide-diamond': 'm0-8.2 8.2 8.2-8.2 8.2-8.2-8.2z',
  diamond: 'm0-5.8 5.8 5.8-5.8 5.8-5.8-5.8z',
  'arrow-right': 'm-4-5.2 9.6 5.2-9.6 5.2z',
} as const;

export interface LineStyle {
  readonly color: Color;
  readonly dash: string;
  readonly shape: Shape;
}

/** Enough for six lines in one plot; a seventh repeats the first, and is told by its label. */
const lineStyles: readonly LineStyle[] = [
  { color: 'kind0', dash: 'none', shape: 'circle' },
  { color: 'kind1', dash: '7 3', shape: 'square' },
  { color: 'kind2', dash: '2 3', shape: 'triangle' },
  { color: 'kind3', dash: '10 3 2 3', shape: 'diamond' },
  { color: 'kind4', dash: '4 4', shape: 'arrow-right' },
  { color: 'kind5', dash: '12 4', shape: 'circle' },
];

export function lineStyle(index: number): LineStyle {
  return lineStyles[index % lineStyles.length] ?? { color: 'ink', dash: 'none', shape: 'circle' };
}
