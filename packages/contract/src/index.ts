/**
 * What all parties agree on, light enough for every process of the system to load: valibot for what they read, and the
 * lab's own events as types only. The lab's schemas are in `@lab/contract/schemas`.
 */
export * from './fault.ts';
export * from './guards.ts';
export type * from './history.ts';
export * from './invariant-statements.ts';
export type * from './invariant.ts';
export * from './job.ts';
export * from './journal.ts';
export * from './load.ts';
export * from './orders.ts';
export * from './run-id.ts';
export * from './settings.ts';
export * from './topology.ts';
export * from './until.ts';
