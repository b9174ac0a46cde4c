/** Rows of dots, one row a policy and one dot a seed: no mean that hides two states. Used by plots 7 and 10. */
import { markup, px, type Markup, type Piece } from '../draw/markup.ts';
import { stroke } from '../draw/palette.ts';
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

const rowHeight = 34;
const width = 900;

export function drawDotRows({
  id,
  title,
  description,
  rows,
  x: scale,
  ticks,
  axis,
}: DotPlot): Markup {
  const height = 20 + rowHeight * rows.length + 46;
  const box = boxOf({ width, height }, { left: 190, right: 190, top: 10, bottom: 46 });
  const x = scale(box.left + 8, box.right - 8);
  const content = rows.map((row, index): Piece => {
    const y = box.top + 8 + (index + 0.5) * rowHeight;
    return [
      markup`<path d="M${px(box.left)} ${px(y)}H${px(box.right)}"${stroke('grid')}/>`,
      textAt(box.left - 10, y + 5, row.name, 'ink', { anchor: 'end' }),
      row.beneath?.(y, x) ?? null,
      stacked(row.dots, x).map(({ dot, x: at, level }) => dot.draw(at, y + level)),
      textAt(box.right + 8, y + 5, row.remark, 'quiet'),
    ];
  });
  return drawing({ id, width, height, title, description }, [
    axisBelow(box, { ticks, scale: x, label: axis }, true),
    content,
  ]);
}

/** Dots that would cover each other are put above and beneath the line by turns, nearest first. */
function stacked(dots: readonly Dot[], x: Position): { dot: Dot; x: number; level: number }[] {
  const placed: { dot: Dot; x: number; level: number }[] = [];
  for (const dot of dots.toSorted((a, b) => a.at - b.at)) {
    const at = x(dot.at);
    const taken = placed.filter((other) => Math.abs(other.x - at) < 9).map(({ level }) => level);
    const free = levels.find((level) => !taken.includes(level));
    // A dot more than the levels hold moves aside by its own width rather than covering another.
    placed.push(
      free === undefined
        ? { dot, x: at + 10 * Math.floor(taken.length / levels.length), level: 0 }
        : { dot, x: at, level: free },
    );
  }
  return placed;
}

const levels = [0, -10, 10];
