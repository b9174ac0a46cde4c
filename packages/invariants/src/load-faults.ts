/** The triggers of a load, from request to heal. One met traffic when jobs were offered and not answered while it was on. */
import type { CellHistory } from './cell-history.ts';
import { evidenceOf, type FaultAt } from './evidence.ts';
import type { FaultRecord } from './judgement.ts';
import { sumOf, type LoadEvidence } from './load-evidence.ts';

export function loadFaults(cell: CellHistory, evidence: LoadEvidence | null): FaultRecord[] {
  const byId = Map.groupBy(evidenceOf(cell).faults, ({ id }) => id);
  return [...byId.values()].flatMap((phases) => record(phases, evidence));
}

function record(phases: readonly FaultAt[], evidence: LoadEvidence | null): FaultRecord[] {
  const [requested] = phases;
  if (requested === undefined) return [];
  const on = phases.find(({ phase }) => phase === 'on');
  const off = phases.findLast(({ phase }) => phase === 'off');
  const { id, verb, target, label } = requested;
  return [
    {
      id,
      verb,
      target,
      label,
      applied: on?.applied ?? null,
      onMs: on?.t ?? null,
      offMs: off?.t ?? null,
      healed: off !== undefined && phases.at(-1)?.phase === 'off',
      framesHeld: 0,
      framesLost: 0,
      struckKeys: [],
      metTraffic: evidence !== null && on !== undefined && hurt(evidence, requested.t, off?.t),
    },
  ];
}

/** @param fromT on the history's clock, ms; so is `toT`, absent while the fault was never off */
function hurt({ measured }: LoadEvidence, fromT: number, toT: number | undefined): boolean {
  const { startedAt, series } = measured;
  const { windowMs, columns } = series;
  const windowAt = (t: number): number => Math.floor((t - startedAt) / windowMs);
  const [first, last] = [
    windowAt(fromT),
    toT === undefined ? columns.offered.length - 1 : windowAt(toT),
  ];
  return sumOf(columns.offered, first, last) > sumOf(columns.succeeded, first, last);
}
