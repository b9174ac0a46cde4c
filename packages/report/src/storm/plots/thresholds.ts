/** Plot 6: how long a queue and how large a pool may be before collapse can last. The law puts both steps at 1. */
import { troubledCells, groupsOf, muTOf, type CountedCell, type StormResult } from '@lab/storm';

import { figures, words, type DataTable } from '../draw/data-table.ts';
import { markup } from '../draw/markup.ts';
import { interval, ofAll, plainNumber, topologyWords, two } from '../numbers.ts';
import type { Plot, PlotKind } from './plot-of.ts';
import { drawSweepPanel, edgeOf, edgeWords, stepsOf, type Edge, type Step } from './sweep-panel.ts';

export const thresholds: PlotKind = {
  number: 6,
  name: 'Queue bound and pool size',
  studies: ['bound', 'pool'],
  command: 'pnpm fm bench storm --sweep K, and --sweep W',
  plot,
};

export interface Curve {
  readonly letter: 'K' | 'W';
  readonly name: string;
  readonly steps: readonly Step[];
  readonly edge: Edge | null;
}

function plot(result: StormResult): Plot | null {
  const curves = boundCurves(result);
  if (curves.length === 0) return null;
  const most = Math.max(...curves.flatMap(({ steps }) => steps.map(({ at }) => at)));
  return {
    finding: findingOf(curves),
    reading:
      'K is the bound of the request queue, W the number of jobs a pool works on at a time, both in parts of mu T: the requests a server can do within one timeout. The dashed line at 1 is where the law puts the step. Squares are measured with 95 % intervals, diamonds are the model, the blue mark is where half stay stuck.',
    shows: curves
      .map(({ letter, name, edge }) =>
        edge === null
          ? `${letter}, ${name}: no step between neighbouring values.`
          : `${letter}, ${name}: half stay stuck at ${edgeWords(edge)}.`,
      )
      .join(' '),
    figure: markup`<div class="panels">${curves.map(({ letter, name, steps, edge }, index) =>
      drawSweepPanel({
        id: `p6-${index}`,
        heading: `${letter}: ${name}`,
        steps,
        domain: [0, Math.ceil(most * 2) / 2],
        axis: `${letter} / mu T`,
        law: { at: 1, label: 'law: 1' },
        edge: edge === null ? null : { ...edge, label: `half at ${two(edge.at)}` },
      }),
    )}</div>`,
    table: tableOf(curves),
  };
}

/** One curve for every policy whose queue bound, or whose pool, was varied. */
export function boundCurves(result: StormResult): Curve[] {
  return [
    ...curvesOf('K', troubledCells(result, 'bound'), ({ queueBound }) => queueBound),
    ...curvesOf('W', troubledCells(result, 'pool'), ({ concurrency }) => concurrency),
  ];
}

function curvesOf(
  letter: 'K' | 'W',
  cells: readonly CountedCell[],
  varied: (setting: CountedCell['setting']) => number | null,
): Curve[] {
  const some = cells.filter(({ setting }) => varied(setting) !== null);
  const inMuT = ({ setting }: CountedCell): number => (varied(setting) ?? 0) / muTOf(setting);
  return groupsOf(some, ({ setting }) => [setting.policy, setting.topology].join())
    .map((members): Curve => {
      const { policy, topology } = members[0]?.setting ?? { policy: '', topology: 'rpc' };
      const where = topology === 'rpc' ? '' : `, ${topology}`;
      return {
        letter,
        name: `${policy}${where}`,
        steps: stepsOf(members, inMuT),
        edge: edgeOf(members, inMuT),
      };
    })
    .filter(({ steps }) => steps.length > 1);
}

function findingOf(curves: readonly Curve[]): string {
  const edges = curves.flatMap(({ edge }) => edge?.at ?? []);
  if (edges.length === 0) return 'No step was seen in the bounds that were tried';
  const [low, high] = [Math.min(...edges), Math.max(...edges)];
  const where = two(low) === two(high) ? two(low) : `${two(low)} to ${two(high)}`;
  return `Collapse became possible at ${where} of what the server does in one timeout; the law says 1`;
}

function tableOf(curves: readonly Curve[]): DataTable {
  return {
    caption: `P(stuck) by queue bound K and pool size W (${topologyWords.rpc}; pools by topology)`,
    columns: [
      words('varied'),
      words('policy'),
      figures('in mu T'),
      figures('stuck'),
      figures('95 % interval'),
      figures('model'),
    ],
    rows: curves.flatMap(({ letter, name, steps }) =>
      steps.map(({ at, measured, model }) => [
        letter,
        name,
        plainNumber(at),
        ofAll(measured),
        interval(measured),
        ofAll(model),
      ]),
    ),
  };
}
