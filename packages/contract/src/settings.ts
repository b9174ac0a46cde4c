/**
 * What a system process is told by its environment. The names are those an ordinary service would
 * have: nothing in them speaks of the lab. `EVENTS_FD` is where it writes its events as JSON lines,
 * synchronously, so that a SIGKILL loses nothing already written; without it no events are written.
 */
import { z } from 'zod';

import { guardNames } from './guards.ts';
import { transports } from './topology.ts';

const common = {
  ROLE: z.string().min(1),
  TRANSPORT: z.enum(transports),
  /** With vhost. Required for the rabbitmq transport. */
  RABBITMQ_URL: z.url().optional(),
  REDIS_URL: z.url(),
  KEY_PREFIX: z.string().min(1),
  EVENTS_FD: z.coerce.number().int().min(3).optional(),
  LOG_LEVEL: z.string().default('info'),
};

export const producerEnvironmentSchema = z.object({
  ...common,
  /** How many jobs, keyed `job-0001` … */
  JOBS: z.coerce.number().int().positive(),
  /** Seeds the amounts; same seed, same jobs. */
  SEED: z.coerce.number().int(),
  /** Most unconfirmed publishes in flight. */
  CONFIRM_WINDOW: z.coerce.number().int().positive().default(50),
  /** BullMQ `attempts` of each job. */
  ATTEMPTS: z.coerce.number().int().positive().default(3),
});
export type ProducerEnvironment = z.infer<typeof producerEnvironmentSchema>;

export const workerEnvironmentSchema = z.object({
  ...common,
  GUARD: z.enum(guardNames),
  /** RabbitMQ prefetch; BullMQ concurrency. */
  PREFETCH: z.coerce.number().int().nonnegative().default(1),
  /** AMQP heartbeat, seconds; 0 switches it off. */
  HEARTBEAT_S: z.coerce.number().int().nonnegative().default(10),
  /** BullMQ lease, ms. */
  LOCK_DURATION_MS: z.coerce.number().int().positive().default(1000),
  /** BullMQ: how often a worker looks for stalled jobs, ms. */
  STALLED_INTERVAL_MS: z.coerce.number().int().positive().default(700),
});
export type WorkerEnvironment = z.infer<typeof workerEnvironmentSchema>;

export const reconcilerEnvironmentSchema = z.object({ ...common });
export type ReconcilerEnvironment = z.infer<typeof reconcilerEnvironmentSchema>;

/** The line a process prints on standard output once it serves. The harness waits for it. */
export const readyLine = 'ready';
