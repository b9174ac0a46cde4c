export * from './measure-check.ts';
