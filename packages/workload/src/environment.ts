/** What the programs of a load are told by their environment. */
import { loadSettingSchema } from '@lab/contract';
import * as v from 'valibot';

const wholeNumber = v.pipe(
  v.string(),
  v.regex(/^\d+$/, 'expected a whole number'),
  v.transform(Number),
);

const setting = v.pipe(v.string(), v.parseJson(undefined, 'expected JSON'), loadSettingSchema);

/** `client`, `server`, `pool` and `shedder` alike. */
export const loadEnvironmentSchema = v.object({
  ROLE: v.pipe(v.string(), v.nonEmpty()),
  RABBITMQ_URL: v.pipe(v.string(), v.url()),
  /** Needed where the transport is BullMQ, and for the store of the last hop. */
  REDIS_URL: v.optional(v.pipe(v.string(), v.url())),
  KEY_PREFIX: v.optional(v.string()),
  /** The load, as one JSON document. */
  LOAD: setting,
  /** `server`: which hop it is, 1 is the first; it calls the next one unless it is the last. */
  HOP: v.optional(wholeNumber, '1'),
  /** `client`: `on-signal` waits, connected and ready, for SIGUSR2 before the load begins. */
  START: v.optional(v.picklist(['at-once', 'on-signal']), 'at-once'),
  EVENTS_FD: v.optional(wholeNumber),
  LOG_LEVEL: v.optional(v.string(), 'info'),
});
export type LoadEnvironment = v.InferOutput<typeof loadEnvironmentSchema>;
