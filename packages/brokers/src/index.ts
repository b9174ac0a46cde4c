export * from './brokers.ts';
export { EnvironmentError } from './environment-error.ts';
export type { AttachUrls, ProvisionOptions } from './provision.ts';
export { provision } from './provision.ts';
export type { Session } from './session.ts';
export { openSession } from './session.ts';
