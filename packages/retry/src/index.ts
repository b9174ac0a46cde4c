export * from './policies.ts';
export type * from './policy.ts';
