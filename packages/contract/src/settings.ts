/**
 * What a system process is told by its environment. The names are those an ordinary service would
 * have: nothing in them speaks of the lab. `EVENTS_FD` is where it writes its events as JSON lines,
 * synchronously, so that a SIGKILL loses nothing already written; without it no events are written.
 */
import { z } from 'zod';

import { guardNames } from './guards.ts';
import { queueTypes, transports } from './topology.ts';

const common = {
  ROLE: z.string().min(1),
  TRANSPORT: z.enum(transports),
  /** With vhost. Required for the rabbitmq transport. */
  RABBITMQ_URL: z.url().optional(),
  REDIS_URL: z.url(),
  KEY_PREFIX: z.string().min(1),
  EVENTS_FD: z.coerce.number().int().min(3).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
};

/** RabbitMQ: the type of both queues. Producer and workers of one vhost must agree. */
const QUEUE_TYPE = z.enum(queueTypes).default('classic');

/** After SIGTERM: how long what is in hand may take to end, ms. */
const DRAIN_LIMIT_MS = z.coerce.number().int().positive().default(4000);

/** How a system process ends. */
export const exitCodes = {
  ok: 0,
  /** It ran, and not everything came out well; the log says what. */
  failed: 1,
  /** A server it needs could not be reached, or was lost where it cannot go on without. */
  unreachable: 3,
  /** Its environment is wrong (EX_USAGE of sysexits). */
  usage: 64,
} as const;

/** The environment does not say what the program needs; the message names every variable that is wrong. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/** A server the program needs could not be reached, or was lost; the message says which one and why. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/**
 * Reads a program's settings from its environment.
 * @throws EnvironmentError naming each wrong or missing variable.
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.infer<Schema> {
  const read = schema.safeParse(environment);
  if (read.success) return read.data;
  const wrong = read.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return environment[name] === undefined ? `${name} is not set` : `${name}: ${issue.message}`;
  });
  throw new EnvironmentError(`wrong environment: ${wrong.join('; ')}`);
}

/** @throws EnvironmentError when the variable is needed after all, e.g. `RABBITMQ_URL` for the rabbitmq transport. */
export function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new EnvironmentError(`wrong environment: ${name} is not set`);
  return value;
}

export const producerEnvironmentSchema = z.object({
  ...common,
  QUEUE_TYPE,
  DRAIN_LIMIT_MS,
  /** How many jobs, keyed `job-0001` … */
  JOBS: z.coerce.number().int().positive(),
  /** Seeds the amounts; same seed, same jobs. */
  SEED: z.coerce.number().int(),
  /** Most unconfirmed publishes in flight. */
  CONFIRM_WINDOW: z.coerce.number().int().positive().default(50),
  /** BullMQ `attempts` of each job. */
  ATTEMPTS: z.coerce.number().int().positive().default(3),
  /** A publish with no outcome after this long ends as `info`, ms. */
  PUBLISH_TIMEOUT_MS: z.coerce.number().int().positive().default(30_000),
});
export type ProducerEnvironment = z.infer<typeof producerEnvironmentSchema>;

export const workerEnvironmentSchema = z.object({
  ...common,
  GUARD: z.enum(guardNames),
  QUEUE_TYPE,
  DRAIN_LIMIT_MS,
  /** RabbitMQ prefetch; BullMQ concurrency. */
  PREFETCH: z.coerce.number().int().nonnegative().default(1),
  /** AMQP heartbeat, seconds; 0 switches it off. */
  HEARTBEAT_S: z.coerce.number().int().nonnegative().default(10),
  /** BullMQ lease, ms. */
  LOCK_DURATION_MS: z.coerce.number().int().positive().default(1000),
  /** BullMQ: how often a worker looks for stalled jobs, ms. */
  STALLED_INTERVAL_MS: z.coerce.number().int().positive().default(700),
  /** An effect the store has not answered after this long ends as `info` and its connection is closed, ms. */
  EFFECT_TIMEOUT_MS: z.coerce.number().int().positive().default(30_000),
});
export type WorkerEnvironment = z.infer<typeof workerEnvironmentSchema>;

export const reconcilerEnvironmentSchema = z.object({
  ...common,
  /** How long the recovery lock outlives a holder that died, ms. */
  LOCK_TTL_MS: z.coerce.number().int().positive().default(5000),
});
export type ReconcilerEnvironment = z.infer<typeof reconcilerEnvironmentSchema>;

/** The line a process prints on standard output once it serves. The harness waits for it. */
export const readyLine = 'ready';
