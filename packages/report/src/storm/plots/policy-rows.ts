/** Rows of dots, one row a policy and one dot a seed: no mean that hides two states. Used by plots 7 and 10. */
import { markup, px, type Markup, type Piece } from '../draw/markup.ts';
import { fill, stroke } from '../draw/palette.ts';
import { axisBelow, boxOf, drawing, textAt, type Position, type Tick } from '../draw/plot.ts';

export interface DotRow {
  readonly name: string;
  /** Right of the row. */
  readonly remark: string;
  readonly dots: readonly Dot[];
  /** Drawn beneath the dots. */
  readonly beneath?: (y: number, x: Position) => Piece;
}

export interface Dot {
  readonly at: number;
  readonly draw: (x: number, y: number) => Markup;
  /** It stands at the end of the axis: a pile of these grows inwards. */
  readonly last?: boolean;
}

export interface DotPlot {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly DotRow[];
  readonly x: (left: number, right: number) => Position;
  readonly ticks: readonly Tick[];
  readonly axis: string;
}

const rowHeight = 42;
const width = 900;
/** A letter of the row's text is about so wide. */
const letter = 7.7;

/** What texts of these take beside the box. */
function room(texts: readonly string[]): number {
  return 20 + letter * Math.max(0, ...texts.map((text) => text.length));
}

export function drawDotRows({
  id,
  title,
  description,
  rows,
  x: scale,
  ticks,
  axis,
}: DotPlot): Markup {
  const height = 36 + rowHeight * rows.length + 46;
  const box = boxOf(
    { width, height },
    {
      left: room(rows.map(({ name }) => name)),
      right: room(rows.map(({ remark }) => remark)),
      top: 26,
      bottom: 46,
    },
  );
  const x = scale(box.left + 14, box.right - 14);
  const content = rows.map((row, index): Piece => {
    const y = box.top + 6 + (index + 0.5) * rowHeight;
    return [
      markup`<path d="M${px(box.left)} ${px(y)}H${px(box.right)}"${stroke('grid')}/>`,
      textAt(box.left - 10, y + 5, row.name, 'ink', { anchor: 'end' }),
      row.beneath?.(y, x) ?? null,
      piled(row.dots, x).map(({ dot, x: at, level }) => dot.draw(at, y + level)),
      textAt(box.right + 10, y + 5, row.remark, 'quiet'),
    ];
  });
  return drawing({ id, width, height, title, description }, [
    axisBelow(box, { ticks, scale: x, label: axis }, true),
    markup`<g${fill('quiet')} text-anchor="middle">${ticks.map(
      ({ at, label }) => markup`<text x="${px(x(at))}" y="${box.top - 8}">${label}</text>`,
    )}</g>`,
    content,
  ]);
}

interface Placed {
  readonly dot: Dot;
  readonly x: number;
  readonly level: number;
}

/** Dots that would cover each other are piled up: above and beneath first, then beside, by as little as will do. */
function piled(dots: readonly Dot[], x: Position): Placed[] {
  const placed: Placed[] = [];
  for (const dot of dots.toSorted((a, b) => a.at - b.at)) {
    const at = x(dot.at);
    const free = (dot.last === true ? inwards : sideways)
      .flatMap((aside) => levels.map((level) => ({ x: at + aside, level })))
      .find((spot) =>
        placed.every(
          (other) => other.level !== spot.level || Math.abs(other.x - spot.x) >= spacing,
        ),
      );
    placed.push({ dot, ...(free ?? { x: at, level: 0 }) });
  }
  return placed;
}

const spacing = 9.5;
const levels = [0, -spacing, spacing];
/** Up to 13 columns: 39 seeds of one value before two marks share a place. */
const sideways = Array.from({ length: 13 }, (_, step) =>
  step % 2 === 0 ? (-step / 2) * spacing : ((step + 1) / 2) * spacing,
);
const inwards = Array.from({ length: 13 }, (_, step) => -step * spacing);
