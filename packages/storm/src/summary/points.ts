/** Measured beside predicted, one point a cell: amplification beside A_max, recovery beside the closed form. Plots 5 and 7. */
import type { StormResult } from '../result.ts';
import { isCounted } from './counted.ts';

export interface AmplificationPoint {
  readonly cell: string;
  readonly policy: string;
  readonly aMax: number;
  readonly measured: number;
  readonly model: number;
  readonly byAMax: number;
}

export interface RecoveryPoint {
  readonly cell: string;
  readonly policy: string;
  /** (lambda D - mu T) / (mu - lambda), ms. */
  readonly closedFormMs: number;
  /** Null: longer than `watchedMs`; drawn as an arrow. */
  readonly measuredMs: number | null;
  readonly modelMs: number | null;
  readonly watchedMs: number;
}

/** Of every counted cell that stayed stuck, whatever its study; in a pool the law is another. */
export function amplificationPoints({ cells }: StormResult): AmplificationPoint[] {
  return cells
    .filter(isCounted)
    .filter(({ measured, setting }) => measured.verdict === 'stuck' && setting.topology === 'rpc')
    .map(({ id, setting, law, measured, model }) => ({
      cell: id,
      policy: setting.policy,
      aMax: law.aMax,
      measured: measured.amplificationAfter,
      model: model.amplificationAfter,
      byAMax: measured.amplificationAfter / law.aMax,
    }));
}

/** Of every counted cell for which there is a closed form. */
export function recoveryPoints({ cells }: StormResult): RecoveryPoint[] {
  return cells.filter(isCounted).flatMap(({ id, setting, law, measured, model }) =>
    law.recoveryMs === null || setting.trigger === 'none'
      ? []
      : [
          {
            cell: id,
            policy: setting.policy,
            closedFormMs: law.recoveryMs,
            measuredMs: measured.recoveryMs,
            modelMs: model.recoveryMs,
            watchedMs: measured.watchedMs,
          },
        ],
  );
}
