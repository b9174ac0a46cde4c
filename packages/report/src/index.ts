export { renderCellLine, renderDiscardedLine } from './cell-line.ts';
export { renderDoctor, type DoctorView } from './doctor.ts';
export { renderFooter } from './footer.ts';
export { renderGrid } from './grid.ts';
export { toJUnit } from './junit.ts';
export { toMarkdown } from './markdown.ts';
export { renderRepeat, type RepeatedCell } from './repeat.ts';
export { resultSchema, toJson, toResult, type Result } from './result.ts';
export { decideStyle, type Style } from './style.ts';
export { renderStormCellLine, renderStormDoubt } from './storm-cell-line.ts';
export { renderStormComparison, type ComparedPaths } from './storm-compare.ts';
export { renderStormDemo, renderStormVerdicts, type StormDemoView } from './storm-demo.ts';
export {
  clock as stormClock,
  renderStormLive,
  type GroupProgress,
  type RunningCell,
  type StormLiveView,
} from './storm-live.ts';
export { renderStormCsv } from './storm/csv.ts';
export { renderStormPage } from './storm/page.ts';
export { renderStormTables } from './storm/terminal.ts';
