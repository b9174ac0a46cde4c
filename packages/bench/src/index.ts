export * from './storm/index.ts';
