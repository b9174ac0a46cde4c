export * from './result.ts';
export type * from './series.ts';
