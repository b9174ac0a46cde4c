/** Plot 4: P(stuck) by the length of the trigger, one panel an offered load, with D50: the length at which half stick. */
import type { StormResult } from '@lab/storm';

import { shareStuck } from '../cells.ts';
import { figures, words, type DataTable } from '../draw/data-table.ts';
import { markup } from '../draw/markup.ts';
import { interval, ofAll, plainNumber, seconds, two } from '../numbers.ts';
import { rhoStep, sweepsOf, triggerStep } from './load-sweeps.ts';
import type { Plot, PlotKind } from './plot-of.ts';
import { drawSweepPanel, edgeOf, edgeWords, stepsOf, type Edge, type Step } from './sweep-panel.ts';

export const stuckByDuration: PlotKind = {
  number: 4,
  name: 'P(stuck) by trigger length',
  studies: ['map'],
  command: 'pnpm fm bench storm --sweep D',
  plot,
};

export interface Curve {
  readonly policy: string;
  readonly attempts: number;
  readonly rho: number;
  readonly timeoutMs: number;
  /** rho A_max. */
  readonly load: number;
  readonly steps: readonly Step[];
  /** D50 in T. */
  readonly half: Edge | null;
}

function plot(result: StormResult): Plot | null {
  const curves = durationCurves(result);
  if (curves.length === 0) return null;
  const longest = Math.max(...curves.flatMap(({ steps }) => steps.map(({ at }) => at)));
  return {
    finding: findingOf(curves),
    reading:
      'One panel an offered load. Squares: in what share of the seeds the load stayed stuck after a trigger of that length, with the 95 % interval of so few seeds; diamonds: the model on the same seeds. The blue mark is D50, the length at which half stay stuck.',
    shows: curves.map(curveWords).join(' '),
    figure: markup`<div class="panels">${curves.map((curve, index) =>
      drawSweepPanel({
        id: `p4-${index}`,
        heading: `${curve.policy}, rho ${plainNumber(curve.rho)}`,
        steps: curve.steps,
        domain: [0, longest],
        axis: 'trigger length D in T',
        law: null,
        edge: curve.half === null ? null : { ...curve.half, label: `D50 ${two(curve.half.at)} T` },
      }),
    )}</div>`,
    table: tableOf(curves),
  };
}

/** One curve for every load whose trigger was varied. */
export function durationCurves(result: StormResult): Curve[] {
  return sweepsOf(result).flatMap(({ policy, attempts, cells, rhos, triggers }) =>
    triggers.length < 2
      ? []
      : rhos.flatMap((rho): Curve[] => {
          const members = cells.filter((cell) => rhoStep(cell) === rho);
          const steps = stepsOf(members, triggerStep);
          const [first] = members;
          if (steps.length < 2 || first === undefined) return [];
          const { timeoutMs } = first.setting;
          const { load } = first.law;
          return [
            { policy, attempts, rho, timeoutMs, load, steps, half: edgeOf(members, triggerStep) },
          ];
        }),
  );
}

function findingOf(curves: readonly Curve[]): string {
  const halves = curves.flatMap(({ half, rho, timeoutMs }) =>
    half === null ? [] : [{ half: half.at, rho, timeoutMs }],
  );
  const shortest = halves.toSorted((a, b) => a.half - b.half)[0];
  if (shortest !== undefined) {
    const { half, rho, timeoutMs } = shortest;
    return `At rho ${plainNumber(rho)} a trigger of ${two(half)} timeouts (${seconds(half * timeoutMs)}) was enough for half of the seeds`;
  }
  const stuck = curves.some(({ steps }) => steps.some(({ measured }) => measured.stuck > 0));
  return stuck
    ? 'The length of the trigger made no difference in the lengths that were tried'
    : 'No length of the trigger that was tried left a load stuck';
}

function curveWords({ rho, half, steps, load }: Curve): string {
  const at = `rho ${plainNumber(rho)} (rho A_max ${two(load)})`;
  if (half !== null) return `${at}: D50 = ${edgeWords(half)} T.`;
  const shares = steps.map(({ measured }) => shareStuck(measured));
  if (Math.max(...shares) < 0.5) return `${at}: less than half stuck at every length.`;
  return `${at}: half or more stuck from the shortest on.`;
}

function tableOf(curves: readonly Curve[]): DataTable {
  return {
    caption: 'P(stuck) by trigger length',
    columns: [
      words('policy'),
      figures('rho'),
      figures('D in T'),
      figures('D'),
      figures('stuck'),
      figures('P(stuck)'),
      figures('95 % interval'),
      figures('model'),
      figures('D50 in T'),
    ],
    rows: curves.flatMap(({ policy, rho, steps, timeoutMs, half }) =>
      steps.map(({ at, measured, model }) => [
        policy,
        plainNumber(rho),
        plainNumber(at),
        seconds(at * timeoutMs),
        ofAll(measured),
        two(shareStuck(measured)),
        interval(measured),
        ofAll(model),
        half === null ? '–' : edgeWords(half),
      ]),
    ),
  };
}
