/**
 * Plot 2: goodput over offered load while the load climbs past the capacity and comes down again. A system that only
 * knows how loaded it is comes back along the same line; one that remembers does not.
 */
import { loadMsOf } from '@lab/contract';
import { countedCells, groupsOf, type CountedCell, type StormResult } from '@lab/storm';
import { scaleLinear } from 'd3-scale';

import { column } from '../cells.ts';
import { figures, words, type DataTable } from '../draw/data-table.ts';
import { mark } from '../draw/marks.ts';
import { markup, px, type Markup } from '../draw/markup.ts';
import { stroke } from '../draw/palette.ts';
import { axisBelow, axisLeft, boxOf, drawing, pathThrough, textAt } from '../draw/plot.ts';
import { middle, plainNumber, policyTitle, someOf, spanOf, two } from '../numbers.ts';
import type { Plot, PlotKind } from './plot-of.ts';

export const hysteresis: PlotKind = {
  number: 2,
  name: 'Hysteresis',
  studies: ['ramp'],
  command: 'pnpm fm bench storm --studies ramp',
  plot,
};

interface Loop {
  readonly policy: string;
  readonly title: string;
  readonly cells: readonly CountedCell[];
  /** Offered load at which answers fell below half on the way up, and came back above on the way down; medians. */
  readonly breaksAt: number | null;
  readonly returnsAt: number | null;
}

function plot(result: StormResult): Plot | null {
  const cells = countedCells(result, 'ramp').filter(({ setting }) => setting.ramp !== null);
  const loops = groupsOf(cells, ({ setting }) => setting.policy).map((members): Loop => {
    const policy = members[0]?.setting.policy ?? '';
    const turns = members.map(turnsOf);
    return {
      policy,
      title: policyTitle(result, policy),
      cells: members,
      breaksAt: middle(turns.flatMap(({ breaksAt }) => breaksAt ?? [])),
      returnsAt: middle(turns.flatMap(({ returnsAt }) => returnsAt ?? [])),
    };
  });
  if (loops.length === 0) return null;
  const most = Math.max(...cells.map(({ setting }) => setting.ramp?.[1] ?? 1));
  return {
    finding: findingOf(loops),
    reading:
      'Each point is one window: jobs offered along, jobs answered in time up, both in parts of mu. Solid with dots: the way up. Dashed with triangles: the way down. On the thin diagonal everything is answered. If the two ways enclose an area, the same load has two states, and which one holds depends on the past.',
    shows: loops.map(loopWords).join(' '),
    figure: markup`<div class="panels">${loops.map((loop, index) => drawLoop(loop, index, most))}</div>`,
    table: tableOf(loops),
  };
}

/** Two windows in a row below half end the way up; the last window below half ends the outage on the way down. */
function turnsOf(cell: CountedCell): { breaksAt: number | null; returnsAt: number | null } {
  const all = branches(cell);
  const firstBad = all.findIndex((moment, index) => {
    const next = all[index + 1];
    return bad(moment) && next !== undefined && bad(next);
  });
  if (firstBad < 0) return { breaksAt: null, returnsAt: null };
  const lastBad = all.findLastIndex(bad);
  const back = all[lastBad + 1];
  return {
    breaksAt: all[firstBad]?.offered ?? null,
    returnsAt: back === undefined || all[lastBad]?.up === true ? null : back.offered,
  };
}

function findingOf(loops: readonly Loop[]): string {
  const broken = loops.filter(({ breaksAt }) => breaksAt !== null);
  const lost = broken.filter(({ returnsAt }) => returnsAt === null);
  const back = broken.flatMap(({ returnsAt }) => returnsAt ?? []);
  if (broken.length === 0) return 'No policy fell below half of its goodput on the way up';
  const names = someOf(
    lost.map(({ policy }) => policy),
    3,
  );
  const others = back.length === 0 ? '' : `the others came back at ${spanOf(back, two)} mu`;
  if (lost.length === 0)
    return `Broken above mu, every policy came back at ${spanOf(back, two)} mu`;
  return `Once broken, ${names} did not come back at any load${others === '' ? '' : `; ${others}`}`;
}

function loopWords({ policy, breaksAt, returnsAt }: Loop): string {
  if (breaksAt === null) return `${policy} never fell below half.`;
  const fell = `${policy} fell below half at ${two(breaksAt)} mu`;
  return returnsAt === null
    ? `${fell} and did not come back before the end.`
    : `${fell} and came back at ${two(returnsAt)} mu.`;
}

function bad({ offered, answered }: Moment): boolean {
  return answered < offered / 2;
}

interface Moment {
  readonly up: boolean;
  /** Intended, at the middle of the window: the climb is part of the setting. */
  readonly offered: number;
  readonly answered: number;
}

function branches(cell: CountedCell): Moment[] {
  const { setting, windowMs } = cell;
  const { ramp, capacityPerS } = setting;
  const [low, high] = ramp ?? [0, 0];
  const endMs = loadMsOf(setting);
  const perWindow = (capacityPerS * windowMs) / 1000;
  return column(cell, 'succeeded')
    .map((count, window) => {
      const atMs = (window + 0.5) * windowMs;
      const climbed = 1 - Math.abs((2 * atMs) / endMs - 1);
      return {
        up: atMs < endMs / 2,
        offered: low + (high - low) * climbed,
        answered: count / perWindow,
      };
    })
    .filter((_, window) => (window + 1) * windowMs <= endMs);
}

const size = { width: 370, height: 300 };

function drawLoop(
  { policy, title, cells, breaksAt, returnsAt }: Loop,
  index: number,
  most: number,
): Markup {
  const box = boxOf(size, { left: 40, right: 14, top: 44, bottom: 44 });
  const x = scaleLinear([0, most], [box.left, box.right]);
  const y = scaleLinear([0, 1.1], [box.bottom, box.top]);
  const [drawn, ...others] = cells;
  if (drawn === undefined) return markup``;
  const at = ({ offered, answered }: Moment): [number, number] => [
    x(offered),
    y(Math.min(1.1, answered)),
  ];
  const all = branches(drawn);
  const [up, down] = [all.filter((moment) => moment.up), all.filter((moment) => !moment.up)];
  const shape = (some: readonly Moment[], kind: 'circle' | 'triangle') =>
    some
      .filter((_, point) => point % 4 === 2)
      .map((moment) => mark(kind, ...at(moment), kind === 'circle' ? 'good' : 'bad', true));
  return drawing(
    {
      id: `p2-${index}`,
      ...size,
      title: `Hysteresis under ${policy}`,
      description: loopWords({ policy, title, cells, breaksAt, returnsAt }),
    },
    [
      axisLeft(box, {
        ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => ({ at: value, label: plainNumber(value) })),
        scale: y,
        label: title,
      }),
      axisBelow(box, {
        ticks: x.ticks(6).map((value) => ({ at: value, label: plainNumber(value) })),
        scale: x,
        label: 'offered, parts of mu',
      }),
      markup`<path d="M${px(x(0))} ${px(y(0))}L${px(x(1))} ${px(y(1))}"${stroke('axis')}/>`,
      others.map((cell) => {
        const moments = branches(cell);
        return markup`<path d="${pathThrough(moments.map(at))}"${stroke('axis')} stroke-width="1" opacity="0.55"/>`;
      }),
      markup`<path d="${pathThrough(up.map(at))}"${stroke('good')} stroke-width="3"/>`,
      markup`<path d="${pathThrough(down.map(at))}"${stroke('bad')} stroke-width="3" stroke-dasharray="7 3"/>`,
      shape(up, 'circle'),
      shape(down, 'triangle'),
      branchLabel(up, at, 'up', 'good', -12, 'end'),
      branchLabel(down, at, 'down', 'bad', 12, 'start'),
    ],
  );
}

/** Beside the moment nearest to a load of 0.6. */
function branchLabel(
  branch: readonly Moment[],
  at: (moment: Moment) => [number, number],
  label: string,
  color: 'good' | 'bad',
  shift: number,
  anchor: 'start' | 'end',
): Markup | null {
  const nearest = branch.toSorted(
    (a, b) => Math.abs(a.offered - 0.6) - Math.abs(b.offered - 0.6),
  )[0];
  if (nearest === undefined) return null;
  const [x, y] = at(nearest);
  return textAt(x + shift, y - 8, label, color, { anchor, bold: true });
}

function tableOf(loops: readonly Loop[]): DataTable {
  return {
    caption: 'Goodput by offered load, parts of mu, the seed that is drawn thick; up and down',
    columns: [
      words('policy'),
      figures('seed'),
      words('way'),
      figures('offered'),
      figures('answered'),
    ],
    rows: loops.flatMap(({ policy, cells }) => {
      const [drawn] = cells;
      if (drawn === undefined) return [];
      return branches(drawn).map(({ up, offered, answered }) => [
        policy,
        drawn.setting.seed,
        up ? 'up' : 'down',
        two(offered),
        two(answered),
      ]);
    }),
  };
}
