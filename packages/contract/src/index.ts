export * from './fault.ts';
export * from './guards.ts';
export * from './history.ts';
export * from './invariant.ts';
export * from './job.ts';
export * from './journal.ts';
export * from './settings.ts';
export * from './topology.ts';
