/**
 * What a system process is told by its environment. The names are those an ordinary service would
 * have: nothing in them speaks of the lab. `EVENTS_FD` is where it writes its events as JSON lines,
 * synchronously, so that a SIGKILL loses nothing already written; without it no events are written.
 */
import * as v from 'valibot';

import { guardNames } from './guards.ts';
import { queueTypes, transports } from './topology.ts';

/** A whole number from a variable's text, at least `least`. */
const wholeNumber = (least = Number.MIN_SAFE_INTEGER) =>
  v.pipe(
    v.string(),
    v.regex(/^-?\d+$/, 'expected a whole number'),
    v.transform(Number),
    v.minValue(least, `expected at least ${least}`),
  );

const text = v.pipe(v.string(), v.nonEmpty('expected some text'));
const url = v.pipe(v.string(), v.url('expected a URL'));

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const common = {
  ROLE: text,
  TRANSPORT: v.picklist(transports),
  /** With vhost. Required for the rabbitmq transport. */
  RABBITMQ_URL: v.optional(url),
  REDIS_URL: url,
  KEY_PREFIX: text,
  EVENTS_FD: v.optional(wholeNumber(3)),
  LOG_LEVEL: v.optional(v.picklist(logLevels), 'info'),
};

/** RabbitMQ: the type of both queues. Producer and workers of one vhost must agree. */
const QUEUE_TYPE = v.optional(v.picklist(queueTypes), 'classic');

/** After SIGTERM: how long what is in hand may take to end, ms. */
const DRAIN_LIMIT_MS = v.optional(wholeNumber(1), '4000');

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
export function readEnvironment<Schema extends v.GenericSchema>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): v.InferOutput<Schema> {
  const read = v.safeParse(schema, environment);
  if (read.success) return read.output;
  const wrong = read.issues.map((issue) => {
    const name = v.getDotPath(issue) ?? '';
    return environment[name] === undefined ? `${name} is not set` : `${name}: ${issue.message}`;
  });
  throw new EnvironmentError(`wrong environment: ${wrong.join('; ')}`);
}

/** @throws EnvironmentError when the variable is needed after all, e.g. `RABBITMQ_URL` for the rabbitmq transport. */
export function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new EnvironmentError(`wrong environment: ${name} is not set`);
  return value;
}

export const producerEnvironmentSchema = v.object({
  ...common,
  QUEUE_TYPE,
  DRAIN_LIMIT_MS,
  /** How many jobs, keyed `job-0001` … */
  JOBS: wholeNumber(1),
  /** Seeds the amounts; same seed, same jobs. */
  SEED: wholeNumber(),
  /** Most unconfirmed publishes in flight. */
  CONFIRM_WINDOW: v.optional(wholeNumber(1), '50'),
  /** BullMQ `attempts` of each job. */
  ATTEMPTS: v.optional(wholeNumber(1), '3'),
  /** A publish with no outcome after this long ends as `info`, ms. */
  PUBLISH_TIMEOUT_MS: v.optional(wholeNumber(1), '30000'),
});
export type ProducerEnvironment = v.InferOutput<typeof producerEnvironmentSchema>;

export const workerEnvironmentSchema = v.object({
  ...common,
  GUARD: v.picklist(guardNames),
  QUEUE_TYPE,
  DRAIN_LIMIT_MS,
  /** RabbitMQ prefetch; BullMQ concurrency. */
  PREFETCH: v.optional(wholeNumber(0), '1'),
  /** AMQP heartbeat, seconds; 0 switches it off. */
  HEARTBEAT_S: v.optional(wholeNumber(0), '10'),
  /** BullMQ lease, ms. */
  LOCK_DURATION_MS: v.optional(wholeNumber(1), '1000'),
  /** BullMQ: how often a worker looks for stalled jobs, ms. */
  STALLED_INTERVAL_MS: v.optional(wholeNumber(1), '700'),
  /** An effect the store has not answered after this long ends as `info` and its connection is closed, ms. */
  EFFECT_TIMEOUT_MS: v.optional(wholeNumber(1), '30000'),
});
export type WorkerEnvironment = v.InferOutput<typeof workerEnvironmentSchema>;

export const reconcilerEnvironmentSchema = v.object({
  ...common,
  /** How long the recovery lock outlives a holder that died, ms. */
  LOCK_TTL_MS: v.optional(wholeNumber(1), '5000'),
});
export type ReconcilerEnvironment = v.InferOutput<typeof reconcilerEnvironmentSchema>;

/** The line a process prints on standard output once it serves. The harness waits for it. */
export const readyLine = 'ready';
