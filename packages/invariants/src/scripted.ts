/** Hand-written histories for the tests of whoever reads histories. No run of a broker is in them. */
export { mergeCells } from './history-script.ts';
export { contraryGrid, scriptedRun, wholeGrid } from './scripted-cells.ts';
