/** Schemas of what the lab writes down: histories, findings, results. zod, because it also gives their JSON Schema. */
export * from './history.ts';
export * from './invariant.ts';
export * from './load-schema.ts';
