export * from './measure-throughput.ts';
export { ratios, variants, type VariantName } from './variants.ts';
