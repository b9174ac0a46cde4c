/**
 * Plot 7: how long answers took to come back once the trigger was gone, a dot a seed, with the closed form where there is
 * one. A seed that did not come back within the watch is an arrow at the watch's length: longer than that, not equal to it.
 */
import { measuredCount, recoveryTimes, type CountedCell, type StormResult } from '@lab/storm';
import { scaleLinear } from 'd3-scale';

import { policyGroups } from '../cells.ts';
import { figures, words, type DataTable } from '../draw/data-table.ts';
import { mark } from '../draw/marks.ts';
import { middle, policyTitle, seconds, someOf } from '../numbers.ts';
import type { Plot, PlotKind } from './plot-of.ts';
import { drawDotRows, type Dot, type DotRow } from './policy-rows.ts';

export const recovery: PlotKind = {
  number: 7,
  name: 'Time to recover',
  studies: ['policies'],
  command: 'pnpm fm bench storm --studies policies',
  plot,
};

interface Recovery {
  readonly policy: string;
  readonly title: string;
  readonly cells: readonly CountedCell[];
  readonly recoveredMs: readonly number[];
  readonly watchedMs: number;
  /** By the closed form; null where none covers the policy. */
  readonly lawMs: number | null;
  readonly modelMs: number | null;
}

function plot(result: StormResult): Plot | null {
  const all = policyGroups(result).map((cells): Recovery => {
    const policy = cells[0]?.setting.policy ?? '';
    return {
      policy,
      title: policyTitle(result, policy),
      cells,
      recoveredMs: cells.flatMap(({ measured }) => measured.recoveryMs ?? []),
      watchedMs: Math.max(...cells.map(({ measured }) => measured.watchedMs)),
      lawMs: middle(cells.flatMap(({ law }) => law.recoveryMs ?? [])),
      modelMs: middle(cells.flatMap(({ model }) => model.recoveryMs ?? [])),
    };
  });
  if (all.length === 0) return null;
  const longest = Math.max(...all.map(({ watchedMs }) => watchedMs));
  const order = all.toSorted((a, b) => timeOf(a) - timeOf(b));
  return {
    finding: findingOf(all),
    reading:
      'One dot a seed: time from the confirmed end of the trigger until 95 % of the offered jobs were answered again and stayed so. An arrow at the right: not within the watch, so longer than this. The upright black mark is the closed form, where there is one; the small diamond beneath is the model (median of the same seeds).',
    shows: showsOf(all),
    figure: drawDotRows({
      id: 'p7',
      title: 'Time to recover by policy',
      description: order.map(wordsOf).join('; '),
      rows: order.map(rowOf),
      x: (left, right) => scaleLinear([0, longest], [left, right]),
      ticks: scaleLinear([0, longest], [0, 1])
        .ticks(7)
        .map((at) => ({ at, label: seconds(at) })),
      axis: 'time to recover; arrows: longer than the watch',
    }),
    table: tableOf(order),
  };
}

/** Median, where what never came back is longer than all else. */
function timeOf({ cells, watchedMs }: Recovery): number {
  return recoveryTimes(cells).medianMs ?? 2 * watchedMs;
}

function findingOf(all: readonly Recovery[]): string {
  const never = all.filter(({ recoveredMs }) => recoveredMs.length === 0);
  const told = all.flatMap(({ lawMs, recoveredMs, cells }) => {
    const measured = middle(recoveredMs);
    const whole = recoveredMs.length === cells.length;
    return lawMs === null || measured === null || !whole ? [] : [Math.abs(measured - lawMs)];
  });
  const law =
    told.length === 0 ? '' : `; closed forms were off by at most ${seconds(Math.max(...told))}`;
  if (never.length === 0) return `Every policy came back in at least one seed${law}`;
  return `${never.length} of ${all.length} policies did not come back in any seed${law}`;
}

function showsOf(all: readonly Recovery[]): string {
  const back = all
    .filter(({ recoveredMs, cells }) => recoveredMs.length === cells.length)
    .toSorted((a, b) => timeOf(a) - timeOf(b));
  const mixed = all.filter(
    ({ recoveredMs, cells }) => recoveredMs.length > 0 && recoveredMs.length < cells.length,
  );
  const sentences = [
    back.length === 0
      ? 'No policy came back in every seed.'
      : `Came back in every seed (medians): ${someOf(back.map(wordsOf), 14)}.`,
    mixed.length === 0
      ? ''
      : `In some seeds only: ${someOf(
          mixed.map(
            ({ policy, recoveredMs, cells }) =>
              `${policy} (${recoveredMs.length} of ${cells.length})`,
          ),
          8,
        )}.`,
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function wordsOf({ policy, recoveredMs, cells, lawMs, watchedMs }: Recovery): string {
  const measured = middle(recoveredMs);
  if (measured === null) return `${policy} longer than ${seconds(watchedMs)}`;
  const law = lawMs === null ? '' : ` (closed form ${seconds(lawMs)})`;
  const some =
    recoveredMs.length === cells.length ? '' : ` in ${recoveredMs.length} of ${cells.length}`;
  return `${policy} ${seconds(measured)}${some}${law}`;
}

function rowOf(row: Recovery): DotRow {
  const { policy, cells, recoveredMs, watchedMs, lawMs, modelMs } = row;
  const measured = middle(recoveredMs);
  const tally = measuredCount(cells);
  const whole = recoveredMs.length === cells.length;
  const remark =
    measured === null
      ? `> ${seconds(watchedMs)} in all ${cells.length}`
      : whole
        ? `median ${seconds(measured)}${lawMs === null ? '' : `, law ${seconds(lawMs)}`}`
        : `${cells.length - recoveredMs.length} of ${tally.n} > ${seconds(watchedMs)}`;
  return {
    name: policy,
    remark,
    dots: cells.map(({ measured: { recoveryMs } }): Dot =>
      recoveryMs === null
        ? { at: watchedMs, last: true, draw: (x, y) => mark('arrow-right', x, y, 'bad') }
        : { at: recoveryMs, draw: (x, y) => mark('circle', x, y, 'good', true) },
    ),
    beneath: (y, x) => [
      lawMs === null ? null : mark('tick', x(Math.min(lawMs, watchedMs)), y + 6, 'ink'),
      modelMs === null
        ? null
        : mark('diamond', x(Math.min(modelMs, watchedMs)), y + 16, 'quiet', true),
    ],
  };
}

function tableOf(all: readonly Recovery[]): DataTable {
  return {
    caption: 'Time to recover, s after the confirmed end of the trigger, by policy and seed',
    columns: [
      words('policy'),
      figures('came back'),
      figures('median'),
      figures('closed form'),
      figures('model'),
      words('by seed'),
    ],
    rows: all.map(({ policy, cells, recoveredMs, lawMs, modelMs, watchedMs }) => {
      const whole = recoveredMs.length === cells.length ? middle(recoveredMs) : null;
      return [
        policy,
        `${recoveredMs.length}/${cells.length}`,
        whole === null ? '–' : seconds(whole),
        lawMs === null ? '–' : seconds(lawMs),
        modelMs === null ? '–' : seconds(modelMs),
        cells
          .map(({ setting, measured: { recoveryMs } }) =>
            recoveryMs === null
              ? `${setting.seed}: > ${seconds(watchedMs)}`
              : `${setting.seed}: ${seconds(recoveryMs)}`,
          )
          .join(', '),
      ];
    }),
  };
}
