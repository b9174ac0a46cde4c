export * from './gates.ts';
export * from './outcome.ts';
export * from './read-series.ts';
export * from './result.ts';
export type * from './series.ts';
export { simulate, type Simulated } from './simulate/simulate.ts';
export * from './timing.ts';
export * from './windows.ts';
