/**
 * The history: an append-only record of events on one monotonic clock. Everything the lab prints, judges
 * or draws is a function of it. On one machine `process.hrtime` is one clock for all processes
 * (CLOCK_MONOTONIC), so each process stamps its own lines and merging is sorting.
 */
import { is } from 'valibot';
import { z } from 'zod';

import { loadSettingRecordSchema } from './load-schema.ts';
import { loadCounts, loadTimings } from './load.ts';
import { ledgerEntrySchema, type LedgerEntry } from './topology.ts';

/**
 * How an operation ended, in Jepsen's words: `invoke` opened, `ok` did happen, `fail` did not happen,
 * `info` nobody knows. `info` must never be read as `fail`.
 */
export const operationPhaseSchema = z.enum(['invoke', 'ok', 'fail', 'info']);
export type OperationPhase = z.infer<typeof operationPhaseSchema>;

/** What a system process says about itself. It draws the timeline and proves nothing. */
const jobEventSchema = z.strictObject({
  kind: z.literal('job'),
  op: z.enum(['publish', 'attempt', 'effect', 'settle', 'repair']),
  phase: operationPhaseSchema,
  key: z.string(),
  correlationId: z.string().optional(),
  causationId: z.string().optional(),
  /** 1 for the first delivery, where the process can tell. */
  attempt: z.number().int().positive().optional(),
  /** e.g. `applied`, `duplicate`, `skipped`, or an error text. */
  detail: z.string().optional(),
});

/** What a frame means for a job, whatever the protocol. */
export const meaningSchema = z.enum([
  'publish', // a job was sent towards the broker
  'confirm', // the broker took responsibility (publisher confirm; reply of BullMQ's add)
  'refuse', // the broker said no (nack, return)
  'deliver', // a job was handed to a worker
  'settle', // the worker said it is done (basic.ack; BullMQ moveToFinished)
  'settle-reply', // the server answered a settle (BullMQ only)
  'requeue', // the worker gave it back
  'reject', // the worker gave it up (dead-letter)
  'renew', // a lease was renewed
  'claim', // a guard's read or mark of a commit record outside the effect itself
  'effect', // the effect was sent to its store
  'effect-applied', // the store answered: applied
  'effect-refused', // the store answered: already done (the guard acted)
  'compensate', // an effect's taking back was sent to its store
  'compensate-applied', // the store answered: taken back
  'compensate-refused', // the store answered: taken back before, or the lock was lost
]);
export type Meaning = z.infer<typeof meaningSchema>;

/** A ledger entry as a frame carries it; `compensates` of a compensation alone. */
const entryOnTheWireSchema = z.strictObject({
  entry: z.string(),
  key: z.string(),
  kind: z.enum(['effect', 'compensation']),
  amount: z.number(),
  by: z.string(),
  compensates: z.string().optional(),
});

/** What crossed, or failed to cross, a tap. `up` is client to server. */
export const wireEventSchema = z.strictObject({
  kind: z.literal('wire'),
  /** Directed path, `worker-1>rabbitmq`. */
  link: z.string(),
  /** Which TCP connection of that link, counted from 1. */
  connection: z.number().int().positive(),
  direction: z.enum(['up', 'down']),
  protocol: z.enum(['amqp', 'redis']),
  /** `basic.ack`, `EVALSHA moveToFinished`, `reply EVALSHA moveToFinished`, … */
  frame: z.string(),
  /** `held` at a fault point; `crossed` to the next hop; `lost` when its connection ended before it could cross. */
  passage: z.enum(['crossed', 'held', 'lost']),
  means: meaningSchema.optional(),
  /** Business keys of the jobs it speaks of, resolved by the tap (an ack's tags, a batch's members). */
  keys: z.array(z.string()).optional(),
  channel: z.number().int().nonnegative().optional(),
  deliveryTag: z.number().int().nonnegative().optional(),
  redelivered: z.boolean().optional(),
  /** Of a frame about the ledger: what it would append, or, in an answer, what it was asked to. */
  entries: z.array(entryOnTheWireSchema).optional(),
  /** True of a command that is a script: all that it appends stands together in the ledger. */
  script: z.boolean().optional(),
  detail: z.string().optional(),
});
export type WireEvent = z.infer<typeof wireEventSchema>;

/** A TCP connection of a link, as the tap sees it begin and end. */
const connectionEventSchema = z.strictObject({
  kind: z.literal('connection'),
  link: z.string(),
  connection: z.number().int().positive(),
  phase: z.enum(['opened', 'ended']),
  /** Which side ended it first; `lab` when the lab took the link down, or told the tap that its far side is closed. */
  by: z.enum(['client', 'server', 'lab']).optional(),
  how: z.enum(['fin', 'rst']).optional(),
});

/**
 * A round trip of the lab's own (Redis PING, AMQP protocol header) through a link's proxy, behind the tap: what shows that a
 * fault is really carried out, and really gone.
 */
const probeEventSchema = z.strictObject({
  kind: z.literal('probe'),
  /** Id of the fault, `F1`. */
  fault: z.string(),
  link: z.string(),
  during: z.enum(['before', 'on', 'healed']),
  /** `refused`: no connection; `ended`: it ended before an answer; `silent`: none within the limit. */
  outcome: z.enum(['answered', 'refused', 'ended', 'silent']),
  tookMs: z.number().nonnegative(),
  limitMs: z.number().positive(),
});

/** Whether a server or carrier that the cell stands on still answers the lab's own question when the cell is over. */
const serverEventSchema = z.strictObject({
  kind: z.literal('server'),
  /** `rabbitmq`, `redis`, `toxiproxy`. */
  server: z.string(),
  phase: z.enum(['answers', 'gone']),
  detail: z.string().optional(),
});

/**
 * What the machine withheld in the stretch of `overMs` that ends with this event, from whom. Written only where it withheld
 * something worth a line, so that a quiet run has none.
 */
const machineEventSchema = z.strictObject({
  kind: z.literal('machine'),
  /** A role; `lab`; a server or carrier (`redis`, `toxiproxy`). */
  who: z.string(),
  overMs: z.number().positive(),
  /** Ms by which a timer of the lab's own came late. */
  lateMs: z.number().nonnegative().optional(),
  /** Ms ready to run and not run, over all threads (`/proc/PID/task/TID/schedstat`). */
  runDelayMs: z.number().nonnegative().optional(),
  /** Ms of CPU that it used itself in that stretch, over all threads. */
  cpuMs: z.number().nonnegative().optional(),
});

/**
 * Closes one source of a cell: how many lines it wrote, and the SHA-256 of its raw file up to here. The lab writes one for
 * each source when the cell is over, its own last, which counts every line of the lab but itself.
 */
const recordEventSchema = z.strictObject({
  kind: z.literal('record'),
  of: z.string(),
  lines: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const faultEventSchema = z.strictObject({
  kind: z.literal('fault'),
  /** `F1`, `F2`, … within a cell. */
  id: z.string(),
  verb: z.string(),
  target: z.string(),
  label: z.string(),
  /** `on` only after it was read back; `off` only after isHealed. */
  phase: z.enum(['requested', 'on', 'healing', 'off', 'not-healed']),
  applied: z.string().optional(),
});

const processEventSchema = z.strictObject({
  kind: z.literal('process'),
  role: z.string(),
  phase: z.enum(['spawned', 'ready', 'stopping', 'exited']),
  pid: z.number().int().positive(),
  detail: z.string().optional(),
});

export const lifePhases = [
  'start',
  'steady state',
  'load',
  'strike',
  'heal',
  'settle',
  'observe',
  'recover',
  'done',
] as const;
export type LifePhase = (typeof lifePhases)[number];

const phaseEventSchema = z.strictObject({ kind: z.literal('phase'), name: z.enum(lifePhases) });

/** A named condition with a limit, and whether it came. `broken off`: nobody waited until the limit, so it says nothing. */
const waitEventSchema = z.strictObject({
  kind: z.literal('wait'),
  condition: z.string(),
  outcome: z.enum(['met', 'timed out', 'broken off']),
  limitMs: z.number().nonnegative(),
});

/** What the lab itself read, over connections of its own that no fault touches. */
export const snapshotSchema = z.strictObject({
  /** `final`; around recovery `before recovery`, `after recovery`, `after second recovery`. */
  name: z.string(),
  /** True when the queue was seen empty with nothing unacknowledged, or every worker's connection was closed first. */
  drained: z.boolean(),
  ready: z.number().int().nonnegative(),
  unacknowledged: z.number().int().nonnegative(),
  /** Keys found in the dead-letter queue (BullMQ: the failed set). */
  dead: z.array(z.string()),
  /** How many there are by the server's own count, asked apart from reading their keys. */
  deadCount: z.number().int().nonnegative().optional(),
  ledger: z.array(z.custom<LedgerEntry>((entry) => is(ledgerEntrySchema, entry))),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

const snapshotEventSchema = z.strictObject({
  kind: z.literal('snapshot'),
  snapshot: snapshotSchema,
});

/** One run of the reconciler, as its exit and the store show it. */
const recoveryEventSchema = z.strictObject({
  kind: z.literal('recovery'),
  round: z.number().int().positive(),
  exitCode: z.number().int(),
  repairs: z.number().int().nonnegative(),
});

export const roleInGridSchema = z.enum([
  'control',
  'reproduce',
  'placebo',
  'prevent',
  'guard control',
  'recover',
  'mutant',
]);
export type RoleInGrid = z.infer<typeof roleInGridSchema>;

/** Counts of one window of a load by whoever writes the line; windows are counted from the load's start. */
const loadEventSchema = z.strictObject({
  kind: z.literal('load'),
  /** The queue it is about: `requests`, `requests.2`, `jobs`; `host` for the machine. */
  queue: z.string(),
  window: z.number().int().nonnegative(),
  /**
   * The load's start, ms: window w is [start + w * windowMs, start + (w + 1) * windowMs). As a process writes it, on the
   * machine's monotonic clock, like `at`; in the merged history on the history's clock, like `t` (merging converts it).
   */
  startedAt: z.number(),
  counts: z.partialRecord(z.enum(loadCounts), z.number()),
});
export type LoadEvent = z.infer<typeof loadEventSchema>;

/** What a program of a load was told to play, as it read it: written once, before it does anything. */
const toldEventSchema = z.strictObject({ kind: z.literal('told'), load: loadSettingRecordSchema });
export type ToldEvent = z.infer<typeof toldEventSchema>;

/** How long a load was watched after its trigger, ms: what was to be, or what it was prolonged to. Written when it is over. */
const watchedEventSchema = z.strictObject({
  kind: z.literal('watched'),
  observeMs: z.number().nonnegative(),
});

/** A histogram of one timing over a whole load (hdr-histogram, microseconds). */
const timingEventSchema = z.strictObject({
  kind: z.literal('timing'),
  of: z.enum(loadTimings),
  /** `baseline`: what was intended before the trigger; `after`: all else. */
  part: z.enum(['baseline', 'after']),
  /** The compressed V2 encoding, base64: what HdrHistogram readers of any language take. */
  encoded: z.string(),
  /** How many of these were not over when counting ended; they are in the histogram with the time they had taken. */
  censored: z.number().int().nonnegative(),
});
export type TimingEvent = z.infer<typeof timingEventSchema>;

const invariantKey = z.string().regex(/^INV_\d{3}$/);

/** One run of one scenario under one setting: guard x fault. Enough to judge it again, offline. */
export const cellSpecSchema = z.strictObject({
  /** Unique within the run: `rabbitmq/prevent/ack-lost`. */
  id: z.string(),
  transport: z.enum(['rabbitmq', 'bullmq']),
  role: roleInGridSchema,
  guard: z.string(),
  /** Name of the fault in the bundle, or null when withheld. */
  fault: z.string().nullable(),
  /** The fault point as a sentence, or null. */
  faultPoint: z.string().nullable(),
  /** For every invariant judged: what is expected of it in this cell. */
  expected: z.record(invariantKey, z.enum(['holds', 'violated', 'restored'])),
  /** True when the guard must have met what it guards against, or the cell is inconclusive. */
  guardMustAct: z.boolean(),
  jobs: z.number().int().positive(),
  seed: z.number().int(),
  /** Liveness bound T after the last fault healed. */
  livenessLimitMs: z.number().positive(),
  /** Why this guard fails or holds, one sentence for the grid. */
  because: z.string().optional(),
  /** What the producer is to publish, job by job: the amounts that the ledger must come to. Not of a load. */
  orders: z.array(z.strictObject({ key: z.string(), amount: z.number().int() })).optional(),
  /** How often a handler may fail on a job before it may be given up. */
  attempts: z.number().int().positive().optional(),
  /** Keys of jobs that can never be handled: a dead letter is where they belong. */
  poison: z.array(z.string()).optional(),
  /** BullMQ: how long a worker's lock on a job lasts without renewal, ms; the lab shortens it. */
  leaseMs: z.number().positive().optional(),
  /** Where a steered cell holds the wire, as data: what `faultPoint` says in words. */
  strikeAt: z
    .strictObject({
      server: z.string(),
      direction: z.enum(['up', 'down']),
      frame: z.string().optional(),
      means: meaningSchema.optional(),
      key: z.string(),
    })
    .optional(),
  /** Set where the cell is a load rather than a handful of jobs of which one is struck. */
  load: loadSettingRecordSchema.optional(),
  /** k of INV_009 in a load cell: attempts that reach the queue are at most k a job, once the trigger is gone. */
  workLimit: z.number().positive().optional(),
  /** Set where a cell is run again because the machine disturbed it: the id of the run that this one stands in for. */
  rerunOf: z.string().optional(),
});
export type CellSpec = z.infer<typeof cellSpecSchema>;

const cellEventSchema = z.discriminatedUnion('phase', [
  z.strictObject({ kind: z.literal('cell'), phase: z.literal('start'), spec: cellSpecSchema }),
  z.strictObject({
    kind: z.literal('cell'),
    phase: z.literal('end'),
    /** `completed`, or why it could not be: `timed out: …`, `not healed: …`, `aborted`, `crashed: …`. */
    ending: z.string(),
  }),
]);

export const runHeaderSchema = z.strictObject({
  id: z.string(),
  failureMode: z.string(),
  title: z.string(),
  seed: z.number().int(),
  startedAt: z.string(),
  steered: z.boolean(),
  /** How many cells were to run; fewer than a whole grid when some were chosen, more when they were repeated. */
  planned: z.number().int().positive().optional(),
  /** What was planned, as data: the ids of the cells in their order, and the SHA-256 of their specs as JSON. */
  plan: z
    .strictObject({ cells: z.array(z.string()), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
    .optional(),
  runtime: z.string(),
  /** Which program carried the link faults: `toxiproxy 2.12.0` or `embedded stand-in`. */
  faultsBy: z.string(),
  /** rabbitmq, redis, toxiproxy, node, amqplib, ioredis, bullmq … */
  versions: z.record(z.string(), z.string()),
  commit: z.string(),
  command: z.string(),
});
export type RunHeader = z.infer<typeof runHeaderSchema>;

const runEventSchema = z.strictObject({
  kind: z.literal('run'),
  phase: z.enum(['start', 'end']),
  header: runHeaderSchema,
});

export const eventBodySchema = z.discriminatedUnion('kind', [
  jobEventSchema,
  wireEventSchema,
  connectionEventSchema,
  faultEventSchema,
  probeEventSchema,
  serverEventSchema,
  machineEventSchema,
  recordEventSchema,
  processEventSchema,
  phaseEventSchema,
  waitEventSchema,
  snapshotEventSchema,
  recoveryEventSchema,
  loadEventSchema,
  toldEventSchema,
  watchedEventSchema,
  timingEventSchema,
  cellEventSchema,
  runEventSchema,
]);
/** What happened, before it has a place in the merged history. */
export type EventBody = z.infer<typeof eventBodySchema>;

/** One line as a process writes it: `at` is its own reading of the shared monotonic clock, in ms. */
export type RawEvent = EventBody & { readonly at: number };

/** One line of the merged history. `seq` counts from 0; `t` is ms since the run began. */
export type HistoryEvent = EventBody & {
  readonly seq: number;
  readonly t: number;
  /** Cell id, or `run` for events of the whole run. */
  readonly cell: string;
  /** Who saw it: a role (`worker-1`), `tap`, or `lab`. */
  readonly source: string;
};

export type History = readonly HistoryEvent[];
