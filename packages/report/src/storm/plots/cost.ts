/**
 * Plot 8: what a policy is worth where nothing is overloaded and requests fail by themselves, each independently. A
 * policy that wins the other plots by never trying again must lose here. Axes after Brooker, "Fixing retries with token
 * buckets and circuit breakers" (2022).
 */
import { groupsOf, type CostRow, type StormResult, type StormSummary } from '@lab/storm';
import { scaleLinear } from 'd3-scale';

import { figures, words, type DataTable } from '../draw/data-table.ts';
import { lineStyle, mark } from '../draw/marks.ts';
import { markup, px, type Markup } from '../draw/markup.ts';
import { fill, stroke } from '../draw/palette.ts';
import { apart, axisBelow, axisLeft, boxOf, drawing, pathThrough } from '../draw/plot.ts';
import { percent, plainNumber, someOf, spanOf, two } from '../numbers.ts';
import type { Plot, PlotKind } from './plot-of.ts';

export const cost: PlotKind = {
  number: 8,
  name: 'Cost without overload',
  studies: ['cost'],
  command: 'pnpm fm bench storm --studies cost',
  plot,
};

interface Curve {
  readonly policy: string;
  readonly points: readonly Point[];
}

interface Point {
  readonly failureRate: number;
  /** Medians of the seeds; here outcomes do not fall into two clumps. */
  readonly success: number;
  readonly attempts: number;
  readonly n: number;
}

function plot(_result: StormResult, summary: StormSummary): Plot | null {
  const curves = groupsOf(
    summary.cost.filter(({ failureRate }) => failureRate > 0),
    ({ policy }) => policy,
  ).map(curveOf);
  if (curves.length === 0) return null;
  const rates = curves.flatMap(({ points }) => points.map(({ failureRate }) => failureRate));
  const worst = Math.max(...rates);
  return {
    finding: findingOf(curves, worst),
    reading:
      'Along: the share of requests that fail by chance, without any overload. Left, up: jobs that succeed in the end. Right, up: attempts a job, which is the load they put on the server. Lines that end together share a label.',
    shows: showsOf(curves, worst),
    figure: markup`<div class="panels wide" tabindex="0" role="region" aria-label="${cost.name}, drawings">${drawPanel(curves, 'success')}${drawPanel(curves, 'attempts')}</div>`,
    table: tableOf(curves),
  };
}

function curveOf(rows: readonly CostRow[]): Curve {
  const points = rows.flatMap(({ failureRate, success, load }): Point[] =>
    success === null || load === null
      ? []
      : [{ failureRate, success: success.median, attempts: load.median, n: success.n }],
  );
  return {
    policy: rows[0]?.policy ?? '',
    points: points.toSorted((a, b) => a.failureRate - b.failureRate),
  };
}

function at(curve: Curve, failureRate: number): Point | undefined {
  return curve.points.find((point) => point.failureRate === failureRate);
}

function findingOf(curves: readonly Curve[], worst: number): string {
  const ends = curves.flatMap((curve) => {
    const point = at(curve, worst);
    return point === undefined ? [] : [{ policy: curve.policy, ...point }];
  });
  const best = ends.toSorted((a, b) => b.success - a.success)[0];
  const none = ends.find(({ policy }) => policy === 'none');
  if (best === undefined) return 'Nothing was measured';
  const without =
    none === undefined || best.policy === 'none'
      ? ''
      : `; without retries ${percent(none.success)}`;
  return `When ${percent(worst)} of requests fail by chance, ${percent(best.success)} of the jobs succeed with ${best.policy}${without}`;
}

/** Policies that do about as well as each other are named together. */
function showsOf(curves: readonly Curve[], worst: number): string {
  const ends = curves
    .flatMap((curve) => {
      const point = at(curve, worst);
      return point === undefined ? [] : [{ policy: curve.policy, ...point }];
    })
    .toSorted((a, b) => b.success - a.success);
  const alike: (typeof ends)[] = [];
  for (const end of ends) {
    const last = alike.at(-1);
    if (last?.[0] !== undefined && last[0].success - end.success < 0.03) last.push(end);
    else alike.push([end]);
  }
  const told = alike.map((same) => {
    const names = someOf(
      same.map(({ policy }) => policy),
      3,
    );
    const success = spanOf(
      same.map((end) => end.success),
      percent,
    );
    const attempts = spanOf(
      same.map((end) => end.attempts),
      two,
    );
    return `${names} ${success} at ${attempts} attempts a job`;
  });
  return `At ${percent(worst)} failures: ${told.join('; ')}.`;
}

/** Lines whose ends are told apart by less than this many units share one label. */
const sameEnd = 5;

function drawPanel(curves: readonly Curve[], what: 'success' | 'attempts'): Markup {
  const size = { width: 590, height: 400 };
  const box = boxOf(size, { left: 50, right: 200, top: 44, bottom: 46 });
  const worst = Math.max(
    ...curves.flatMap(({ points }) => points.map(({ failureRate }) => failureRate)),
  );
  const x = scaleLinear([0, worst], [box.left, box.right]);
  const most = Math.max(
    1.2,
    ...curves.flatMap(({ points }) => points.map(({ attempts }) => attempts)),
  );
  const y = scaleLinear(
    [0, what === 'success' ? 1 : Math.ceil(most * 5) / 5],
    [box.bottom, box.top],
  );
  const ends = groupEnds(curves, (point) => y(point[what]));
  const labels = apart(
    ends.map((end) => end.at + 5),
    17,
    box.top,
    box.bottom + 20,
  );
  return drawing(
    {
      id: `p8-${what}`,
      ...size,
      title:
        what === 'success' ? 'Jobs that succeed by failure rate' : 'Attempts a job by failure rate',
      description: curves
        .map(
          ({ policy, points }) =>
            `${policy}: ${points.map((point) => `${percent(point.failureRate)} ${two(point[what])}`).join(', ')}`,
        )
        .join('; '),
    },
    [
      axisLeft(box, {
        ticks: y.ticks(5).map((value) => ({
          at: value,
          label: what === 'success' ? `${Math.round(100 * value)} %` : plainNumber(value),
        })),
        scale: y,
        label: what === 'success' ? 'jobs that succeed' : 'attempts a job',
      }),
      axisBelow(box, {
        ticks: x.ticks(5).map((value) => ({ at: value, label: `${Math.round(100 * value)} %` })),
        scale: x,
        label: 'requests that fail by chance',
      }),
      curves.map(({ points }, index) => {
        const { color, dash, shape } = lineStyle(index);
        const through = points.map((point): [number, number] => [
          x(point.failureRate),
          y(point[what]),
        ]);
        return [
          markup`<path d="${pathThrough(through)}"${stroke(color)} stroke-width="2.5" stroke-dasharray="${dash}"/>`,
          through.map(([px1, py1]) => mark(shape, px1, py1, color)),
        ];
      }),
      ends.map(({ at: end, policies, index }, place) => {
        const label = labels[place] ?? end;
        return [
          markup`<path d="M${px(box.right + 6)} ${px(end)}L${px(box.right + 16)} ${px(label - 5)}"${stroke('axis')}/>`,
          markup`<text x="${px(box.right + 20)}" y="${px(label)}"${fill(lineStyle(index).color)}>${someOf(policies, 1).replace(' and ', ', ')}${policies.length > 1 ? markup`<title>${policies.join(', ')}</title>` : null}</text>`,
        ];
      }),
    ],
  );
}

interface End {
  readonly at: number;
  readonly policies: string[];
  /** Of the first of them, whose colour the label has. */
  readonly index: number;
}

function groupEnds(curves: readonly Curve[], y: (point: Point) => number): End[] {
  const ends: End[] = [];
  const order = curves
    .flatMap(({ policy, points }, index) => {
      const last = points.at(-1);
      return last === undefined ? [] : [{ at: y(last), policy, index }];
    })
    .toSorted((a, b) => a.at - b.at);
  for (const { at: end, policy, index } of order) {
    const previous = ends.at(-1);
    if (previous !== undefined && end - previous.at < sameEnd) previous.policies.push(policy);
    else ends.push({ at: end, policies: [policy], index });
  }
  return ends;
}

function tableOf(curves: readonly Curve[]): DataTable {
  return {
    caption: 'Success and load with independent failures and no overload, medians of the seeds',
    columns: [
      words('policy'),
      figures('failing'),
      figures('jobs that succeed'),
      figures('attempts a job'),
      figures('cells'),
    ],
    rows: curves.flatMap(({ policy, points }) =>
      points.map(({ failureRate, success, attempts, n }) => [
        policy,
        percent(failureRate),
        two(success),
        two(attempts),
        n,
      ]),
    ),
  };
}
