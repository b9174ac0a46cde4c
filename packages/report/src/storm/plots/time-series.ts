/**
 * Plot 1: what was offered, attempted and answered over time, and how long the queue was, one row a policy on shared
 * axes. Rates are in parts of mu and the queue in parts of mu T, so that rows of different machines can be compared; a
 * queue of mu T takes one whole timeout to work off, so the same line says how old its oldest request is.
 */
import {
  measuredCount,
  rhoOf,
  type CountedCell,
  type LoadVerdict,
  type StormResult,
} from '@lab/storm';

import { listed } from '../../text.ts';
import {
  column,
  policyGroups,
  representative,
  sharedSeed,
  shareStuck,
  usualVerdict,
} from '../cells.ts';
import { figures, words, type DataTable } from '../draw/data-table.ts';
import { markup } from '../draw/markup.ts';
import { loadWords, policyTitle, seconds, someOf, spanOf, two } from '../numbers.ts';
import type { Plot, PlotKind } from './plot-of.ts';
import { drawRow, scalesOf, type Row } from './time-row.ts';

export const timeSeries: PlotKind = {
  number: 1,
  name: 'Time series',
  studies: ['policies'],
  command: 'pnpm fm bench storm --studies policies',
  plot,
};

function plot(result: StormResult): Plot | null {
  const all = policyGroups(result);
  const seed = sharedSeed(all);
  const rows = all
    .flatMap((cells): Row[] => {
      const drawn = representative(cells, seed);
      return drawn === undefined
        ? []
        : [
            {
              policy: drawn.setting.policy,
              title: policyTitle(result, drawn.setting.policy),
              cells,
              drawn,
            },
          ];
    })
    .toSorted((a, b) => shareStuck(measuredCount(b.cells)) - shareStuck(measuredCount(a.cells)));
  const [first] = rows;
  if (first === undefined) return null;
  const scales = scalesOf(rows);
  const stuck = rows.filter(({ cells }) => usualVerdict(measuredCount(cells)) === 'stuck');
  return {
    finding: findingOf(rows, stuck),
    reading: `Left: jobs offered (dotted), attempts that reached the queue (dashed) and jobs answered in time (thick), in parts of the capacity mu. Right: requests waiting, in parts of mu T, on a scale that is linear up to 1 and logarithmic above; above 1 a request that joins waits longer than its caller. The shaded band is the trigger. Every row has the same axes and, where it can, the same seed, so the same jobs.`,
    shows: showsOf(rows, stuck),
    figure: markup`<div class="rows">${rows.map((row, index) => drawRow(row, index, scales))}</div>`,
    table: tableOf(rows),
  };
}

function findingOf(rows: readonly Row[], stuck: readonly Row[]): string {
  const trigger = rows[0]?.drawn.setting.trigger ?? 'stall';
  const ended = trigger === 'none' ? 'Without a trigger' : `Long after the ${trigger} was gone`;
  if (stuck.length === 0) return `${ended}, no policy was stuck`;
  if (stuck.length === rows.length) return `${ended}, every policy was stuck`;
  return `${ended}, ${stuck.length} of ${rows.length} policies were stuck`;
}

function showsOf(rows: readonly Row[], stuck: readonly Row[]): string {
  const { setting } = rows[0]?.drawn ?? {};
  const at = setting === undefined ? '' : `At ${loadWords(setting)}: `;
  const over = stuck.filter(({ drawn }) => attemptsOf(drawn) > 1);
  const under = stuck.filter(({ drawn }) => attemptsOf(drawn) <= 1);
  const usual = (word: LoadVerdict): Row[] =>
    rows.filter(({ cells }) => usualVerdict(measuredCount(cells)) === word);
  const [recovered, draining, undecided] = [
    usual('recovered'),
    usual('draining'),
    usual('undecided'),
  ];
  const told = [
    over.length === 0
      ? ''
      : `under ${names(over)}, attempts stayed above what the server can do, for as long as was watched`,
    under.length === 0
      ? ''
      : `${names(under)} stayed stuck although ${under.length === 1 ? 'it' : 'they'} sent no more than the server can do (${spanOf(
          under.map(({ drawn }) => attemptsOf(drawn)),
          two,
        )} mu)`,
    recovered.length === 0 ? '' : `${names(recovered)} came back`,
    draining.length === 0 ? '' : `${names(draining)} drained when the watch ended`,
    undecided.length === 0 ? '' : `nobody can say yet of ${names(undecided)}`,
  ];
  return `${at}${told.filter((part) => part !== '').join('; ')}.`;
}

function names(some: readonly Row[]): string {
  return someOf(
    some.map(({ policy }) => policy),
    8,
  );
}

/** Attempts in the last third, in parts of mu. */
function attemptsOf({ measured, setting }: CountedCell): number {
  return measured.amplificationAfter * rhoOf(setting);
}

function tableOf(rows: readonly Row[]): DataTable {
  const longest = Math.max(...rows.map(({ drawn }) => column(drawn, 'offered').length));
  const windowMs = rows[0]?.drawn.windowMs ?? 0;
  const counts = ['offered', 'reached', 'succeeded', 'depth'] as const;
  return {
    caption: `Counts a window of ${seconds(windowMs)} and queue depth at its end, in messages; columns are windows by their start; reached: attempts that the broker confirmed (${listed(rows.map(({ policy, drawn }) => `${policy} seed ${drawn.setting.seed}`))})`,
    columns: [
      words('policy'),
      words('count'),
      ...Array.from({ length: longest }, (_, window) => figures(seconds(window * windowMs))),
    ],
    rows: rows.flatMap(({ policy, drawn }) =>
      counts.map((name) => [policy, name, ...column(drawn, name).map((value) => value)]),
    ),
  };
}
