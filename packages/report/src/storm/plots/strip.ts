/**
 * Plot 10: goodput at the end, a dot a seed. Outcomes come in two clumps, near none and near all, so there is no mean and
 * no bar: a mean of 0.3 would be a state that no load was ever in.
 */
import { groupsOf, measuredCount, rhoOf, type CountedCell, type StormResult } from '@lab/storm';
import { scaleLinear } from 'd3-scale';

import { policyGroups, usualVerdict, shareStuck } from '../cells.ts';
import { figures, words, type DataTable } from '../draw/data-table.ts';
import { interval, ofAll, plainNumber, two, verdictWords } from '../numbers.ts';
import { verdictPoint } from '../verdict-mark.ts';
import { sweepsOf } from './load-sweeps.ts';
import type { Plot, PlotKind } from './plot-of.ts';
import { drawDotRows, type DotRow } from './policy-rows.ts';

export const strip: PlotKind = {
  number: 10,
  name: 'Every seed',
  studies: ['policies', 'map'],
  command: 'pnpm fm bench storm --studies policies,map --seeds 10',
  plot,
};

interface Strip {
  readonly name: string;
  readonly cells: readonly CountedCell[];
}

/** Steps of a map that went both ways; the most even ones. */
const mapRows = 8;

function plot(result: StormResult): Plot | null {
  const policies = policyGroups(result).map((cells): Strip => ({
    name: cells[0]?.setting.policy ?? '',
    cells,
  }));
  const strips = [
    ...policies.toSorted(
      (a, b) => shareStuck(measuredCount(b.cells)) - shareStuck(measuredCount(a.cells)),
    ),
    ...mixedSteps(result),
  ];
  if (strips.length === 0) return null;
  const all = strips.flatMap(({ cells }) => cells.map(({ measured }) => measured.goodputAfter));
  const between = all.filter((goodput) => goodput > 0.2 && goodput < 0.8).length;
  const mixed = strips.filter(({ cells }) => isMixed(cells));
  return {
    finding: `${all.length - between} of ${all.length} loads ended near none or near all of their goodput, ${between} between`,
    reading:
      'One mark a seed: share of the offered jobs that was answered in time over the last third of the watch. Filled square: stuck. Open circle: recovered; filled: draining, and on its way back. Triangle: undecided. Near none is below 20 %, near all above 80 %. Rows below the policies are loads of the map, at the number of attempts given, that went both ways. Marks that would cover each other are piled up.',
    shows:
      mixed.length === 0
        ? 'In every row all seeds came to the same.'
        : `${mixed.length} of ${strips.length} rows hold both outcomes: ${mixed
            .map(({ name, cells }) => `${name} ${ofAll(measuredCount(cells))} stuck`)
            .join(', ')}.`,
    figure: drawDotRows({
      id: 'p10',
      title: 'Goodput at the end, one mark a seed',
      description: strips
        .map(({ name, cells }) => `${name}: ${ofAll(measuredCount(cells))} stuck`)
        .join('; '),
      rows: strips.map(rowOf),
      x: (left, right) => scaleLinear([0, Math.max(1.1, ...all)], [left, right]),
      ticks: [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, label: `${100 * at} %` })),
      axis: 'answered in time over the last third of the watch',
    }),
    table: tableOf(strips),
  };
}

function isMixed(cells: readonly CountedCell[]): boolean {
  const { stuck, recovered, draining } = measuredCount(cells);
  return stuck > 0 && recovered + draining > 0;
}

function mixedSteps(result: StormResult): Strip[] {
  const steps = sweepsOf(result).flatMap(({ policy, attempts, cells }) =>
    groupsOf(cells, ({ setting }) =>
      [rhoOf(setting).toFixed(3), setting.triggerMs / setting.timeoutMs].join(),
    ).map((members): Strip => {
      const { setting } = members[0] ?? {};
      const at =
        setting === undefined
          ? ''
          : `${plainNumber(rhoOf(setting))}, D ${plainNumber(setting.triggerMs / setting.timeoutMs)} T`;
      return { name: `${policy} ${attempts}x, rho ${at}`, cells: members };
    }),
  );
  const evenness = ({ cells }: Strip): number => Math.abs(shareStuck(measuredCount(cells)) - 0.5);
  return steps
    .filter(({ cells }) => isMixed(cells))
    .toSorted((a, b) => evenness(a) - evenness(b))
    .slice(0, mapRows);
}

function rowOf({ name, cells }: Strip): DotRow {
  const tally = measuredCount(cells);
  return {
    name,
    remark: `${ofAll(tally)} stuck (${interval(tally)})`,
    dots: cells.map(({ measured }) => ({
      at: Math.max(0, measured.goodputAfter),
      draw: (x, y) => verdictPoint(measured.verdict, x, y),
    })),
  };
}

function tableOf(strips: readonly Strip[]): DataTable {
  return {
    caption: 'Goodput over the last third of the watch, by seed',
    columns: [
      words('policy'),
      figures('stuck'),
      figures('95 % interval'),
      words('usually'),
      words('by seed'),
    ],
    rows: strips.map(({ name, cells }) => {
      const tally = measuredCount(cells);
      return [
        name,
        ofAll(tally),
        interval(tally),
        verdictWords[usualVerdict(tally)],
        cells
          .map(({ setting, measured }) => `${setting.seed}: ${two(measured.goodputAfter)}`)
          .join(', '),
      ];
    }),
  };
}
