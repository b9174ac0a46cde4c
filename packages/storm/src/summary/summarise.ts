/**
 * Every table and every plot's points, as a function of the result document. Only cells count that completed and passed
 * their gates; those that do not are in `validity`. Outcomes are of two kinds, so there are counts, medians, ranges and
 * dots, and no means; ratios are formed inside a block, where arrivals are the same, and only then put together.
 */
import type { StormResult } from '../result.ts';
import { agreementOf, type Agreement } from './agreement.ts';
import { costRows, type CostRow } from './cost.ts';
import { latencyRows, type LatencyRow } from './latency.ts';
import { layersRows, type LayersRow } from './layers.ts';
import { summariseMap, type MapSummary } from './map.ts';
import {
  amplificationPoints,
  recoveryPoints,
  type AmplificationPoint,
  type RecoveryPoint,
} from './points.ts';
import { policyRows, type PolicyRow } from './policy-rows.ts';
import { summariseBound, summarisePool, type Sweep } from './sweeps.ts';
import { validityOf, type Validity } from './validity.ts';

export interface StormSummary {
  readonly validity: Validity;
  readonly agreement: Agreement;
  readonly policies: readonly PolicyRow[];
  readonly triggers: readonly PolicyRow[];
  readonly map: MapSummary;
  readonly bound: readonly Sweep[];
  readonly pool: readonly Sweep[];
  readonly amplification: readonly AmplificationPoint[];
  readonly recovery: readonly RecoveryPoint[];
  readonly cost: readonly CostRow[];
  readonly latency: readonly LatencyRow[];
  readonly layers: readonly LayersRow[];
}

/** The same result gives the same summary: the bootstrap's draws are seeded. */
export function summarise(result: StormResult): StormSummary {
  return {
    validity: validityOf(result),
    agreement: agreementOf(result),
    policies: policyRows(result, 'policies'),
    triggers: policyRows(result, 'triggers'),
    map: summariseMap(result),
    bound: summariseBound(result),
    pool: summarisePool(result),
    amplification: amplificationPoints(result),
    recovery: recoveryPoints(result),
    cost: costRows(result),
    latency: latencyRows(result),
    layers: layersRows(result),
  };
}
