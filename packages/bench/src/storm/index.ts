export { describeMachine } from './machine.ts';
export type { LoadRun } from './measured-cell.ts';
export { estimateMs, remainingMs, type Plan, type PlannedCell } from './plan.ts';
export {
  PlanError,
  planStorm,
  profiles,
  sweepAxes,
  type Profile,
  type RequestedPlan,
  type StormRequest,
  type SweepAxis,
} from './profile.ts';
export {
  runStorm,
  type MeasureLoad,
  type StormOptions,
  type StormProgress,
  type StormRun,
} from './run-storm.ts';
export { resultOf } from './storm-result.ts';
