/**
 * `storm-result/2`: what a run of the storm benchmark writes down. Every cell carries its whole setting, what was
 * measured, what law and model predicted for it, and its gates, so that tables, plots and comparisons are functions of
 * this one document.
 */
import { loadCounts, loadTimings } from '@lab/contract';
import { loadSettingRecordSchema } from '@lab/contract/schemas';
import { z } from 'zod';

const finite = z.number();
const setting = loadSettingRecordSchema;

/**
 * What has become of a load; word.ts says how each is told.
 * `recovered`: it is answered again. `draining`: its backlog falls, and there are bounds on when it will be back.
 * `stuck`: its backlog grows, or stays where it is. `undecided`: it was not watched for long enough to tell.
 */
export const loadVerdicts = ['recovered', 'draining', 'stuck', 'undecided'] as const;
export const loadVerdictSchema = z.enum(loadVerdicts);
export type LoadVerdict = z.infer<typeof loadVerdictSchema>;

/**
 * Whether a load with this word comes back; null: nobody can say. Two words contradict each other only where one says that
 * it does and the other that it does not: one that drains today has recovered tomorrow.
 */
export function comesBack(verdict: LoadVerdict): boolean | null {
  if (verdict === 'undecided') return null;
  return verdict !== 'stuck';
}

/** Whether two words say the same of coming back; null where one of them is `undecided`. */
export function saysTheSame(one: LoadVerdict, other: LoadVerdict): boolean | null {
  const [first, second] = [comesBack(one), comesBack(other)];
  return first === null || second === null ? null : first === second;
}

/** A condition without which a cell says nothing. */
export const gateSchema = z.strictObject({
  name: z.string(),
  /** `goodput before the trigger >= 0.98`. */
  rule: z.string(),
  value: finite.nullable(),
  passed: z.boolean(),
});
export type Gate = z.infer<typeof gateSchema>;

/** What a load came to; of a measured one and of a simulated one alike. */
export const outcomeSchema = z.strictObject({
  verdict: loadVerdictSchema,
  /** From the confirmed end of the trigger to the first of the windows that stayed good, ms; null: not within the watch. */
  recoveryMs: finite.nullable(),
  /** Messages a second by which the backlog changed, with 95 % bounds; null: too little was watched. */
  slopePerS: z.strictObject({ mean: finite, low: finite, high: finite }).nullable(),
  /** Of a load that drains: from when to when it will be back, ms since the end of the trigger, at 95 %. */
  backMs: z.strictObject({ low: finite, high: finite }).nullable(),
  /** How long was watched after the end of the trigger, ms: what a recovery time of null is longer than. */
  watchedMs: finite,
  /** Succeeded jobs by offered jobs: baseline, and last third of the watch. */
  goodputBefore: finite,
  goodputAfter: finite,
  /** Attempts that reached the request queue by offered jobs: baseline, last third, and the highest window. */
  amplificationBefore: finite,
  amplificationAfter: finite,
  amplificationPeak: finite,
  /** Attempts sent by offered jobs in the last third; the gap to `amplificationAfter` was rejected or lost. */
  sentAfter: finite,
  offered: finite,
  succeeded: finite,
  failed: finite,
  refused: finite,
  retriesRefused: finite,
  /** Longest the request queue was, messages, and how long it was at the end. */
  depthPeak: finite,
  depthEnd: finite,
  /** Requests that wait or are in hand, and attempts that callers still owe, at the end. */
  backlogEnd: finite,
});
export type LoadOutcome = z.infer<typeof outcomeSchema>;

/** A histogram in a few numbers, ms. */
export const timingSummarySchema = z.strictObject({
  of: z.enum(loadTimings),
  part: z.enum(['baseline', 'after']),
  count: finite,
  censored: finite,
  meanMs: finite,
  maxMs: finite,
  /** Pairs of percentile and ms, for the percentile plot: 0, 10, …, 50, 75, 90, 95, 99, 99.9, 99.99, 100. */
  percentiles: z.array(z.tuple([finite, finite])),
});
export type TimingSummary = z.infer<typeof timingSummarySchema>;

/** What closed forms say about a cell before it is run; null where no law covers it. */
export const lawPredictionSchema = z.strictObject({
  /** Attempts a job while stuck. */
  aMax: finite,
  /** 1 / A_max. */
  rhoStar: finite,
  /** rho A_max: collapse can last where it is above 1. */
  load: finite,
  /** Which law spoke: `critical utilisation`, `bounded queue`, `worker pool`, `drain time`. */
  law: z.string(),
  verdict: loadVerdictSchema.nullable(),
  /** (lambda D - mu T) / (mu - lambda), ms. */
  recoveryMs: finite.nullable(),
  /** Within 0.1 of the edge: the law does not say which side. */
  nearEdge: z.boolean(),
});
export type LawPrediction = z.infer<typeof lawPredictionSchema>;

/** Which question of the benchmark a cell answers; plots pick their cells by it. */
export const studies = [
  'policies', // every policy under the same trigger: plots 1, 5, 7, 10
  'map', // rho x D: plots 3, 4
  'bound', // K / mu T: plot 6
  'pool', // W / mu T: plot 6
  'ramp', // up and down again: plot 2
  'cost', // independent failures, no overload: plot 8
  'latency', // open and closed loop: plot 9
  'layers', // 3^k
  'triggers', // the same policies under every trigger
] as const;
export type Study = (typeof studies)[number];

export const stormCellSchema = z.strictObject({
  id: z.string(),
  study: z.enum(studies),
  /** Cells of one block ran in one stretch, in random order, with the same arrivals. */
  block: z.number().int(),
  setting,
  /** Null when the cell did not complete; `ending` says why. */
  measured: outcomeSchema.nullable(),
  ending: z.string(),
  gates: z.array(gateSchema),
  /** True when it completed and every gate passed: only such cells are counted. */
  valid: z.boolean(),
  law: lawPredictionSchema,
  model: outcomeSchema,
  /** Whether measurement and model say the same of coming back; null when not valid, or when one of them cannot say. */
  agrees: z.boolean().nullable(),
  /** Trigger read back: what, and when it was confirmed on and off, ms since the load's start. */
  trigger: z.strictObject({
    label: z.string().nullable(),
    onMs: finite.nullable(),
    offMs: finite.nullable(),
    applied: z.string().nullable(),
  }),
  /** Window by window; counts that are nought throughout are left out. */
  windowMs: finite,
  series: z.partialRecord(z.enum(loadCounts), z.array(finite)),
  timings: z.array(timingSummarySchema),
  /** Attempts seen at each hop, first to last; for `layers`. */
  attemptsByHop: z.array(finite).optional(),
  /** Highest share of both processors that was busy in a second of the cell; null where it cannot be read. */
  cpuPeak: finite.nullable(),
});
export type StormCell = z.infer<typeof stormCellSchema>;

export const policyFactsSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  family: z.string(),
  summary: z.string(),
  source: z.string(),
  aMax: finite,
  beta: finite.nullable(),
  reserve: finite.nullable(),
  rhoStar: finite,
  parameters: z.record(z.string(), z.union([finite, z.string()])),
});

export const calibrationSchema = z.strictObject({
  topology: z.string(),
  transport: z.string(),
  slots: finite,
  serviceMs: finite,
  nominalPerS: finite,
  /** Requests a second, saturated, closed loop; one number for each of those that ran side by side. */
  measuredPerS: z.array(finite),
  /** Median of them: the mu of the cells. */
  capacityPerS: finite,
  sideBySide: z.number().int(),
});
export type Calibration = z.infer<typeof calibrationSchema>;

export const stormResultSchema = z.strictObject({
  schema: z.literal('storm-result/2'),
  command: z.string(),
  profile: z.string(),
  startedAt: z.string(),
  tookMs: finite,
  commit: z.string(),
  machine: z.strictObject({
    cores: finite,
    processor: z.string(),
    memoryGiB: finite,
    os: z.string(),
    /** Load average over a minute when it began; null where it cannot be read. */
    loadAverage: finite.nullable(),
  }),
  versions: z.record(z.string(), z.string()),
  runtime: z.string(),
  /** What every table must say: queue type, durability, confirms, prefetch, socket options, what carried the faults. */
  conditions: z.record(z.string(), z.string()),
  seeds: z.array(z.number().int()),
  sideBySide: z.number().int(),
  calibrations: z.array(calibrationSchema),
  policies: z.array(policyFactsSchema),
  cells: z.array(stormCellSchema),
  /** Set when it ended before all cells had run. */
  interrupted: z.boolean(),
  planned: z.number().int(),
});
export type StormResult = z.infer<typeof stormResultSchema>;
