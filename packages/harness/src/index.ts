export { struckKey } from './cell-plan.ts';
export * from './failure-mode.ts';
export type { CellPlan } from './cell-plan.ts';
export { experimentOf, planGrid, planMutants } from './grid.ts';
export { openLaboratory, type Laboratory, type LaboratoryOptions } from './laboratory.ts';
export { measureLoad, type MeasuredEvents, type MeasureLoadOptions } from './load/measure-load.ts';
export { together, type Place } from './load/start-line.ts';
export { DamagedHistory } from './recorder.ts';
export { createRunFolder, folderAt, readRun, RunNotFound, type RunFolder } from './run-folder.ts';
export { describeLaboratory } from './run-header.ts';
export { NoCellSelected, NothingToSteer, planCells, planDigest } from './plan-cells.ts';
export { run, type Progress, type RunOptions, type RunResult } from './run.ts';
export { SystemProcess } from './system-process.ts';
export { measureThroughput, type ThroughputOptions } from './throughput.ts';
export { ConditionTimeout, until, within, type Probed } from '@lab/contract';
/** The fault verbs, for bundles: they know the harness and not what lies under it. */
export { blackhole, cut, hold, kill, latency, pause, reset, strike, throttle } from '@lab/network';
/** Links, for benchmarks that measure what one costs. */
export { openNetwork } from '@lab/network';
