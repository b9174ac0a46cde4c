/** Where loads begin to stay stuck, for every sweep of a result: one list for the terminal. */
import type { StormResult } from '@lab/storm';

import { plainNumber, two } from './numbers.ts';
import { loadLines } from './plots/load-sweeps.ts';
import { durationCurves } from './plots/stuck-by-duration.ts';
import type { Edge } from './plots/sweep-panel.ts';
import { boundCurves } from './plots/thresholds.ts';

export interface NamedEdge {
  readonly name: string;
  readonly found: string;
  readonly interval: string;
  readonly law: string;
}

export function edgesOf(result: StormResult): NamedEdge[] {
  return [
    ...loadLines(result).map(({ sweep: { policy, attempts, rhoStar }, edge }) =>
      named(`rho, ${policy} with ${attempts} attempts`, edge, '', `rho* ${two(rhoStar)}`),
    ),
    ...durationCurves(result).map(({ policy, rho, half }) =>
      named(`D, ${policy} at rho ${plainNumber(rho)}`, half, ' T', 'none'),
    ),
    ...boundCurves(result).map(({ letter, name, edge }) =>
      named(`${letter} / mu T, ${name}`, edge, '', '1'),
    ),
  ];
}

function named(name: string, edge: Edge | null, unit: string, law: string): NamedEdge {
  if (edge === null) return { name, found: 'not seen', interval: '', law };
  const interval = `${boundWords(edge.low)} to ${boundWords(edge.high)}${unit}`;
  return { name, found: `${two(edge.at)}${unit}`, interval, law };
}

/** A bound beyond what was tried is not known. */
function boundWords(value: number | null): string {
  return value === null ? '?' : two(value);
}
