/**
 * How often the model said of a load what was measured, that it comes back or that it does not, and where it did not. Of
 * cells that something troubles: that a load without a trigger goes well would only make the share larger. Cells of which
 * one of the two cannot say are counted apart.
 */
import { wilson } from '@lab/statistics';

import { saysTheSame, type LoadVerdict, type StormResult } from '../result.ts';
import { isCounted, tidy, type CountedCell } from './counted.ts';

/** k of n with Wilson's 95 % interval. */
export interface Share {
  readonly k: number;
  readonly n: number;
  readonly low: number;
  readonly high: number;
}

export interface Agreement {
  /** Model and measurement, over all counted cells with a trigger or a ramp. */
  readonly model: Share;
  /** The same without cells near the edge of the first law: |rho A_max - 1| > 0.1. */
  readonly modelAwayFromEdge: Share;
  /** Law and measurement, over cells for which a law names a verdict and is not near its edge. */
  readonly law: Share;
  readonly disagreeing: readonly Disagreement[];
  /** Cells that were not compared: measured or modelled, they are undecided. */
  readonly undecided: number;
}

export interface Disagreement {
  readonly cell: string;
  readonly policy: string;
  readonly seed: number;
  readonly measured: LoadVerdict;
  readonly model: LoadVerdict;
  readonly law: LoadVerdict | null;
  /** rho A_max. */
  readonly load: number;
  readonly nearEdge: boolean;
}

/** Of a cell: whether it is so near to rho A_max = 1 that chance decides. */
export function isNearEdge({ law }: Pick<CountedCell, 'law'>): boolean {
  return Math.abs(law.load - 1) <= 0.1 + 1e-9;
}

export function agreementOf({ cells }: Pick<StormResult, 'cells'>): Agreement {
  const counted = cells
    .filter(isCounted)
    .filter(({ setting }) => setting.trigger !== 'none' || setting.ramp !== null);
  const compared = counted.filter((cell) => agrees(cell) !== null);
  return {
    model: shareOf(compared, agrees),
    modelAwayFromEdge: shareOf(
      compared.filter((cell) => !isNearEdge(cell)),
      agrees,
    ),
    law: shareOf(
      counted.filter((cell) => !cell.law.nearEdge && lawAgrees(cell) !== null),
      lawAgrees,
    ),
    undecided: counted.length - compared.length,
    disagreeing: compared
      .filter((cell) => agrees(cell) === false)
      .map((cell) => ({
        cell: cell.id,
        policy: cell.setting.policy,
        seed: cell.setting.seed,
        measured: cell.measured.verdict,
        model: cell.model.verdict,
        law: cell.law.verdict,
        load: tidy(cell.law.load),
        nearEdge: isNearEdge(cell),
      })),
  };
}

function agrees({ measured, model }: CountedCell): boolean | null {
  return saysTheSame(measured.verdict, model.verdict);
}

function lawAgrees({ law, measured }: CountedCell): boolean | null {
  return law.verdict === null ? null : saysTheSame(law.verdict, measured.verdict);
}

function shareOf(
  cells: readonly CountedCell[],
  holds: (cell: CountedCell) => boolean | null,
): Share {
  const k = cells.filter((cell) => holds(cell) === true).length;
  return { k, n: cells.length, ...wilson(k, cells.length) };
}
