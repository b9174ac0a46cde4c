export * from './storm/index.ts';
export * from './throughput/index.ts';
export * from './check/index.ts';
