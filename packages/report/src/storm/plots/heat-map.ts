/** A map of P(stuck): offered load along, trigger length up, with rho* and the line along which the model changes its mind. */
import { measuredCount, type CountedCell, type StuckCount } from '@lab/storm';

import { modelCount, shareStuck } from '../cells.ts';
import { markup, px, type Markup, type Piece } from '../draw/markup.ts';
import { fill, stroke, type Color } from '../draw/palette.ts';
import { boxOf, drawing, lawLine, textAt } from '../draw/plot.ts';
import { ofAll, plainNumber, two } from '../numbers.ts';
import { rhoStep, triggerStep, type Sweep } from './load-sweeps.ts';

/** One square for each load and trigger length, in even steps whatever the values. */
export function drawHeatMap(
  { policy, attempts, rhoStar, cells, rhos, triggers }: Sweep,
  index: number,
): Markup {
  const side = { width: 86, height: 46 };
  const margin = { left: 62, right: 20, top: 60, bottom: 48 };
  const size = {
    width: Math.max(430, margin.left + margin.right + side.width * rhos.length),
    height: margin.top + margin.bottom + side.height * triggers.length,
  };
  const box = boxOf(size, margin);
  const left = (column: number): number => box.left + column * side.width;
  const top = (row: number): number => box.bottom - (row + 1) * side.height;
  const at = (row: number, column: number): CountedCell[] =>
    cells.filter((cell) => rhoStep(cell) === rhos[column] && triggerStep(cell) === triggers[row]);
  const grid = triggers.map((_, row) =>
    rhos.map((__, column) => ({ row, column, cells: at(row, column) })),
  );
  const squares = grid.flat().filter((square) => square.cells.length > 0);
  const star = between(rhos, rhoStar);
  const all = measuredCount(cells);
  return drawing(
    {
      id: `p3-map-${index}`,
      ...size,
      title: `P(stuck) under ${policy} by load and trigger`,
      description: `${all.stuck} of ${all.n} cells stayed stuck. ${squares
        .map(
          ({ row, column, cells: members }) =>
            `rho ${rhos[column]}, D ${triggers[row]} T: ${ofAll(measuredCount(members))}`,
        )
        .join('; ')}.`,
    },
    [
      textAt(0, 18, `${policy}, ${attempts} attempts: stuck of seeds, by D (up) and rho`, 'ink', {
        bold: true,
      }),
      squares.map(({ row, column, cells: members }) =>
        drawSquare(left(column), top(row), side, measuredCount(members)),
      ),
      star === null
        ? null
        : [
            lawLine(left(star + 0.5), box.bottom, left(star + 0.5), box.top - 8),
            textAt(left(star + 0.5) + 6, box.top - 8, `rho* ${two(rhoStar)}`, 'ink', {
              bold: true,
            }),
          ],
      squares.map(({ row, column, cells: members }) =>
        drawCount(left(column), top(row), side, measuredCount(members)),
      ),
      triggers.map((trigger, row) =>
        textAt(box.left - 9, top(row) + side.height / 2 + 5, `${plainNumber(trigger)} T`, 'quiet', {
          anchor: 'end',
        }),
      ),
      rhos.map((rho, column) =>
        textAt(left(column) + side.width / 2, box.bottom + 19, plainNumber(rho), 'quiet', {
          anchor: 'middle',
        }),
      ),
      textAt((box.left + box.right) / 2, box.bottom + 40, 'offered load rho', 'ink', {
        anchor: 'middle',
      }),
      contour(grid, left, top, side),
    ],
  );
}

interface Side {
  readonly width: number;
  readonly height: number;
}

/** 0 for none; 1 to 4 for up to a quarter, a half, three quarters and all. */
function levelOf(tally: StuckCount): number {
  return Math.ceil(shareStuck(tally) * 4);
}

function heat(tally: StuckCount): Color {
  return `heat${levelOf(tally)}` as Color; // heat0 to heat4 are in the palette
}

function drawSquare(x: number, y: number, { width, height }: Side, tally: StuckCount): Markup {
  return markup`<rect x="${px(x + 1)}" y="${px(y + 1)}" width="${width - 2}" height="${height - 2}" rx="3"${fill(heat(tally))}/>`;
}

function drawCount(x: number, y: number, { width, height }: Side, tally: StuckCount): Markup {
  const level = levelOf(tally);
  return textAt(
    x + width / 2,
    y + height / 2 + 5,
    ofAll(tally),
    level >= 4 ? 'heatInkStrong' : 'heatInk',
    { anchor: 'middle', bold: level >= 2, halo: heat(tally) },
  );
}

/** The sides between squares that the model puts on different sides of one half. */
function contour(
  grid: readonly (readonly { readonly cells: readonly CountedCell[] }[])[],
  left: (column: number) => number,
  top: (row: number) => number,
  side: Side,
): Piece {
  const sticks = (row: number, column: number): boolean | null => {
    const cells = grid[row]?.[column]?.cells ?? [];
    return cells.length === 0 ? null : shareStuck(modelCount(cells)) >= 0.5;
  };
  const sides = grid.flatMap((squares, row) =>
    squares.flatMap((_, column) => [
      ...(differ(sticks(row, column), sticks(row, column + 1))
        ? [`M${px(left(column + 1))} ${px(top(row))}v${side.height}`]
        : []),
      ...(differ(sticks(row, column), sticks(row + 1, column))
        ? [`M${px(left(column))} ${px(top(row))}h${side.width}`]
        : []),
    ]),
  );
  return sides.length === 0
    ? null
    : markup`<path d="${sides.join('')}"${stroke('good')} stroke-width="4" stroke-linecap="round"/>`;
}

/** Where a value lies among rising ones, in steps; null outside. */
function between(values: readonly number[], value: number): number | null {
  for (const [index, next] of values.entries()) {
    const before = values[index - 1];
    if (before !== undefined && value >= before && value <= next)
      return index - 1 + (value - before) / (next - before);
  }
  return null;
}

function differ(a: boolean | null, b: boolean | null): boolean {
  return a !== null && b !== null && a !== b;
}
