export * from './bootstrap.ts';
export * from './fisher.ts';
export * from './half-point.ts';
export * from './quantile.ts';
export * from './sample.ts';
export * from './student.ts';
export * from './survival.ts';
export * from './wilson.ts';
