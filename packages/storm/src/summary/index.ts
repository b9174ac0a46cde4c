export {
  agreementOf,
  isNearEdge,
  type Agreement,
  type Disagreement,
  type Share,
} from './agreement.ts';
export type { CostRow } from './cost.ts';
export {
  countedCells,
  groupsOf,
  isCounted,
  loadName,
  measuredCount,
  muTOf,
  recoveryTimes,
  rhoOf,
  stuckCount,
  tidy,
  troubledCells,
  type CountedCell,
  type RecoveryTimes,
  type Spread,
  type StuckCount,
} from './counted.ts';
export { halfOf, type Half } from './half-rows.ts';
export type { LatencyRow } from './latency.ts';
export type { LayersRow } from './layers.ts';
export type { D50Row, MapPoint, MapSummary, Rho50Row, RhoStarRow } from './map.ts';
export type { AmplificationPoint, RecoveryPoint } from './points.ts';
export type { PolicyRow, SeedDot } from './policy-rows.ts';
export { summarise, type StormSummary } from './summarise.ts';
export type { Sweep, SweepPoint } from './sweeps.ts';
export type { Validity } from './validity.ts';
