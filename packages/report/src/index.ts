export { renderCellLine } from './cell-line.ts';
export { renderDoctor, type DoctorView } from './doctor.ts';
export { renderFooter } from './footer.ts';
export { renderGrid } from './grid.ts';
export { toJUnit } from './junit.ts';
export { toMarkdown } from './markdown.ts';
export { renderRepeat, type RepeatedCell } from './repeat.ts';
export { resultSchema, toJson, toResult, type Result } from './result.ts';
export { decideStyle, type Style } from './style.ts';
