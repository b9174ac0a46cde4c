/**
 * Plot 9: latency by percentile, from the intended time of a job and from when it was really sent. In an open loop they
 * are the same curve; callers who wait their turn send late, and what they measure from sending leaves that wait out
 * ("coordinated omission").
 */
import type { LoadTiming } from '@lab/contract';
import {
  groupsOf,
  troubledCells,
  type CountedCell,
  type StormResult,
  type TimingSummary,
} from '@lab/storm';
import { scaleLinear, scaleLog } from 'd3-scale';

import { representative } from '../cells.ts';
import { figures, words, type DataTable } from '../draw/data-table.ts';
import { mark } from '../draw/marks.ts';
import { markup, type Markup } from '../draw/markup.ts';
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
import { percent, plainNumber, two } from '../numbers.ts';
import type { Plot, PlotKind } from './plot-of.ts';

export const latency: PlotKind = {
  number: 9,
  name: 'Latency',
  studies: ['latency'],
  command: 'pnpm fm bench storm --studies latency',
  plot,
};

interface Pair {
  readonly policy: string;
  readonly loop: 'open loop' | 'closed loop';
  readonly cell: CountedCell;
  readonly intended: TimingSummary;
  readonly sent: TimingSummary;
  /** Intended over sent at the 99th percentile. */
  readonly gap: number;
}

function plot(result: StormResult): Plot | null {
  const pairs = groupsOf(troubledCells(result, 'latency'), ({ setting }) =>
    [setting.policy, setting.closedCallers === null].join(),
  )
    .flatMap(pairOf)
    .toSorted((a, b) => a.policy.localeCompare(b.policy, 'en') || order(a) - order(b));
  if (pairs.length === 0) return null;
  const all = pairs.flatMap(({ intended, sent }) => [...pointsOf(intended), ...pointsOf(sent)]);
  const least = Math.max(0.1, Math.min(...all.map(([, ms]) => ms)));
  const most = Math.max(1, ...all.map(([, ms]) => ms));
  return {
    finding: findingOf(pairs),
    reading:
      'Along: the percentile, so that every step to the right is ten times rarer. Up: latency of a job after the trigger came on, logarithmic. Solid: from the time at which the job was due. Dashed: from when it was sent. Jobs that had not ended at the end count with the time they had taken by then; jobs that failed have no latency and are counted beside. What lies between the two is what a benchmark hides that waits for answers before it sends.',
    shows: pairs.map(pairWords).join(' '),
    figure: markup`<div class="panels">${pairs.map((pair, index) => drawPair(pair, index, least, most))}</div>`,
    table: tableOf(pairs),
  };
}

/** The open loop first. */
function order({ loop }: Pair): number {
  return loop === 'open loop' ? 0 : 1;
}

function pairOf(cells: readonly CountedCell[]): Pair[] {
  const cell = representative(cells);
  const [intended, sent] = [timing(cell, 'job'), timing(cell, 'job-from-send')];
  if (cell === undefined || intended === undefined || sent === undefined) return [];
  const [late, early] = [at(intended, 99), at(sent, 99)];
  return [
    {
      policy: cell.setting.policy,
      loop: cell.setting.closedCallers === null ? 'open loop' : 'closed loop',
      cell,
      intended,
      sent,
      gap: late === null || early === null || early <= 0 ? 1 : late / early,
    },
  ];
}

function timing(cell: CountedCell | undefined, of: LoadTiming): TimingSummary | undefined {
  return cell?.timings.find((each) => each.of === of && each.part === 'after' && each.count > 0);
}

function at({ percentiles }: TimingSummary, percentile: number): number | null {
  return percentiles.find(([each]) => each === percentile)?.[1] ?? null;
}

function findingOf(pairs: readonly Pair[]): string {
  const widest = (loop: Pair['loop']): Pair | undefined =>
    pairs.filter((pair) => pair.loop === loop).toSorted((a, b) => b.gap - a.gap)[0];
  const [closed, open] = [widest('closed loop'), widest('open loop')];
  if (closed !== undefined)
    return `Timed from sending, a closed loop under ${closed.policy} shows a p99 ${times(closed.gap)} too small`;
  return `Timed from sending, the open loop's p99 is ${times(open?.gap ?? 1)} that from the intended time`;
}

function times(gap: number): string {
  return `${gap < 10 ? two(gap) : String(Math.round(gap))} times`;
}

function pairWords({ policy, loop, intended, sent, cell }: Pair): string {
  const [late, early] = [at(intended, 99), at(sent, 99)];
  if (late === null || early === null) return '';
  const { failed, offered } = cell.measured;
  const without = [
    ...(intended.censored > 0 ? [`${intended.censored} of ${intended.count} unfinished`] : []),
    ...(failed > 0
      ? [`${percent(failed / Math.max(1, offered))} of its jobs failed and have none`]
      : []),
  ];
  const rest = without.length === 0 ? '' : ` (${without.join('; ')})`;
  return `${policy}, ${loop}, seed ${cell.setting.seed}: p99 ${milliseconds(late)} from the due time and ${milliseconds(early)} from sending${rest}.`;
}

function milliseconds(ms: number): string {
  return ms < 1000
    ? `${plainNumber(Number(ms.toPrecision(3)))} ms`
    : `${plainNumber(Number((ms / 1000).toPrecision(3)))} s`;
}

/** 0 at the median's left, 1 at 90 %, 2 at 99 %, and so on. */
function nines(percentile: number): number {
  return -Math.log10(Math.max(1e-5, 1 - percentile / 100));
}

/** The 100th percentile stands at 99.999. A logarithm knows no nought. */
function pointsOf({ percentiles }: TimingSummary): [nines: number, ms: number][] {
  return percentiles.map(([percentile, ms]) => [nines(percentile), Math.max(0.1, ms)]);
}

const size = { width: 400, height: 300 };

function drawPair(
  { policy, loop, cell, intended, sent }: Pair,
  index: number,
  least: number,
  most: number,
): Markup {
  const box = boxOf(size, { left: 62, right: 20, top: 50, bottom: 46 });
  const x = scaleLinear([0, 5], [box.left, box.right]);
  const y = scaleLog([least, most], [box.bottom, box.top]).nice();
  const decades = y
    .ticks()
    .filter((value) => Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6));
  const { timeoutMs } = cell.setting;
  const curve = (summary: TimingSummary): [number, number][] =>
    pointsOf(summary).map(([along, ms]) => [x(along), y(ms)]);
  const [late, early] = [curve(intended), curve(sent)];
  const [low, high] = y.domain();
  const shown = timeoutMs > (low ?? 0) && timeoutMs < (high ?? 0);
  return drawing(
    {
      id: `p9-${index}`,
      ...size,
      title: `Latency by percentile, ${policy}, ${loop}`,
      description: pairWords({ policy, loop, cell, intended, sent, gap: 1 }),
    },
    [
      axisLeft(box, {
        ticks: decades.map((value) => ({ at: value, label: milliseconds(value) })),
        scale: y,
        label: `${policy}, ${loop}`,
      }),
      axisBelow(box, {
        ticks: [0, 50, 90, 99, 99.9, 99.99].map((value) => ({
          at: nines(value),
          label: String(value),
        })),
        scale: x,
        label: 'percentile',
      }),
      shown ? lawLine(box.left, y(timeoutMs), box.right, y(timeoutMs)) : null,
      shown ? textAt(box.right + 5, y(timeoutMs) + 5, 'T', 'ink', { bold: true }) : null,
      markup`<path d="${pathThrough(late)}"${stroke('bad')} stroke-width="3"/>`,
      markup`<path d="${pathThrough(early)}"${stroke('good')} stroke-width="3" stroke-dasharray="6 4"/>`,
      late
        .filter((_, point) => point % 3 === 0)
        .map(([px1, py1]) => mark('square', px1, py1, 'bad')),
      ...endLabels(late, early, box),
    ],
  );
}

/** Written where the curves are farthest apart, or once where they are the same. */
function endLabels(
  late: readonly (readonly [number, number])[],
  early: readonly (readonly [number, number])[],
  { left, right, bottom }: Box,
): Markup[] {
  const pairs = late.flatMap((upper, index) => {
    const lower = early[index];
    return lower === undefined ? [] : [{ upper, lower, gap: lower[1] - upper[1] }];
  });
  const widest = pairs.toSorted((a, b) => b.gap - a.gap)[0];
  if (widest === undefined) return [];
  const middle = (left + right) / 2;
  const near = pairs.toSorted(
    (a, b) => Math.abs(a.upper[0] - middle) - Math.abs(b.upper[0] - middle),
  )[0];
  if (near === undefined) return [];
  const look = { anchor: 'middle', bold: true, halo: 'page' } as const;
  const [x, above] = near.upper;
  if (widest.gap < 16) return [textAt(x, above - 12, 'from due time = from sending', 'ink', look)];
  return [
    textAt(x, above - 12, 'from due time', 'bad', look),
    textAt(x, Math.min(bottom - 8, near.lower[1] + 24), 'from sending', 'good', look),
  ];
}

function tableOf(pairs: readonly Pair[]): DataTable {
  const percentiles = pairs[0]?.intended.percentiles.map(([percentile]) => percentile) ?? [];
  return {
    caption: 'Latency of jobs after the trigger came on, by percentile',
    columns: [
      words('policy'),
      words('loop'),
      words('from'),
      figures('jobs'),
      figures('unfinished'),
      ...percentiles.map((percentile) => figures(`p${plainNumber(percentile)}`)),
    ],
    rows: pairs.flatMap(({ policy, loop, intended, sent }) =>
      [
        { from: 'due time', summary: intended },
        { from: 'sending', summary: sent },
      ].map(({ from, summary }) => [
        policy,
        loop,
        from,
        summary.count,
        summary.censored,
        ...summary.percentiles.map(([, ms]) => milliseconds(ms)),
      ]),
    ),
  };
}
