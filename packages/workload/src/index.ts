export * from './callers.ts';
export * from './draws.ts';
export * from './environment.ts';
export type * from './messages.ts';
export * from './random.ts';
export * from './requeue.ts';
export * from './schedule.ts';
export * from './timings.ts';
