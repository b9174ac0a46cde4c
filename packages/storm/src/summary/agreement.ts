/**
 * How often the model said what was measured, and where it did not. Of cells that something troubles: that a load without
 * a trigger goes well would only make the share larger.
 */
import { wilson } from '@lab/statistics';

import type { LoadVerdict, StormResult } from '../result.ts';
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
  return {
    model: shareOf(counted, agrees),
    modelAwayFromEdge: shareOf(
      counted.filter((cell) => !isNearEdge(cell)),
      agrees,
    ),
    law: shareOf(
      counted.filter(({ law }) => law.verdict !== null && !law.nearEdge),
      ({ law, measured }) => law.verdict === measured.verdict,
    ),
    disagreeing: counted
      .filter((cell) => !agrees(cell))
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

function agrees({ measured, model }: CountedCell): boolean {
  return measured.verdict === model.verdict;
}

function shareOf(cells: readonly CountedCell[], holds: (cell: CountedCell) => boolean): Share {
  const k = cells.filter(holds).length;
  return { k, n: cells.length, ...wilson(k, cells.length) };
}
