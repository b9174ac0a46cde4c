/** Why a cell may not be what it was meant to be; each a sentence for people. */
import type { CellSpec } from '@lab/contract';

import { roleOf, type Evidence } from './evidence.ts';
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

/** Nothing may be concluded from what the tap did not see where it says itself that it did not understand. */
export function doubtsAboutSight({ links }: Evidence): string[] {
  const doubts = new Set<string>();
  for (const [link, frames] of links) {
    for (const { frame, means, detail = '' } of frames) {
      if (means !== undefined) continue;
      if (frame === 'undecodable') doubts.add(`what crossed ${link} could not be read: ${detail}`);
      else if (detail.startsWith('unknown script')) {
        doubts.add(`${roleOf({ link })} ran what the tap does not know: ${detail}`);
      }
    }
  }
  return [...doubts];
}
