/** Why a cell may not be what it was meant to be; each a sentence for people. */
import type { CellSpec } from '@lab/contract';

import type { FaultRecord } from './judgement.ts';

/** @param ending null when the history stops inside the cell */
export function doubtsAboutTheEnding(ending: string | null): string[] {
  if (ending === null) return ['the cell never ended'];
  return ending === 'completed' ? [] : [`the cell did not complete: ${ending}`];
}

/** Of a load; what a strike's books say of its faults comes before these. */
/** Of a load; the faults of a strike have books of their own. */
export function doubtsAboutFaults(spec: CellSpec, faults: readonly FaultRecord[]): string[] {
  if (spec.fault === null) {
    return faults.map(({ label }) => `"${label}" was injected in a cell that has no fault`);
  }
  if (faults.length === 0) return [`the fault "${spec.fault}" was never injected`];
  return faults.flatMap(({ label, onMs, metTraffic, healed }) => {
    if (onMs === null) return [`"${label}" was requested but never came on`];
    return [
      ...(metTraffic ? [] : [`"${label}" met no traffic`]),
      ...(healed ? [] : [`"${label}" was not healed`]),
    ];
  });
}
