/**
 * The result document, `fm-result/1`: everything the judge said of a run, for machines. A pure function of
 * the history, so that judging a stored run again gives the same bytes. Strict: an unknown field is an error,
 * and a change of shape is a change of `schema`. `schema/fm-result-1.schema.json` is generated from here.
 */
import { createHash } from 'node:crypto';

import { invariantStatements } from '@lab/contract';
import type { History, RunHeader } from '@lab/contract';
import { cellSpecSchema, findingSchema, runHeaderSchema } from '@lab/contract/schemas';
import { bookNames } from '@lab/invariants';
import type { JudgedInvariant, Judgement, RunJudgement } from '@lab/invariants';
import { gateSchema, outcomeSchema } from '@lab/storm';
import { z } from 'zod';

import { byTransport, outcomeWord, stateOf, tookMs } from './words.ts';

const conclusion = z.enum(['as expected', 'contrary', 'inconclusive']);
const count = z.number().int().nonnegative();
const ms = z.number().describe('milliseconds');
const sinceStart = z.number().nullable().describe('milliseconds since the run began');

const tally = z.strictObject({ count, keys: z.array(z.string()) });

const queue = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('known'),
      attempted: tally,
      acknowledged: tally,
      ok: tally,
      lost: tally,
      unexpected: tally,
      duplicated: tally,
      recovered: tally,
      deadLettered: tally,
    }),
    z.strictObject({ kind: z.literal('unknown'), reason: z.string() }),
  ])
  .describe("total-queue accounting in Jepsen's words; unknown unless the queue was drained");

const stateAtSnapshot = z.strictObject({
  snapshot: z.string(),
  effects: count,
  compensations: count,
  duplicatedKeys: z.array(z.string()),
  missingKeys: z.array(z.string()),
});

const invariantResult = z.strictObject({
  id: z.string().regex(/^INV_\d{3}$/),
  statement: z.string(),
  expected: z.enum(['holds', 'violated', 'restored']),
  observed: z.enum(['holds', 'violated', 'restored', 'unknown']),
  conclusion,
  finding: findingSchema.describe(
    'on the final snapshot; for `restored` on the one after recovery',
  ),
  before: findingSchema.nullable().describe('for `restored`: on the snapshot before recovery'),
  firstAtMs: sinceStart.describe('when the first violation was complete, ms since the run began'),
});

const cellResult = z.strictObject({
  ...cellSpecSchema.shape,
  conclusion,
  outcome: z.string().describe('the conclusion in the words of its role, e.g. REPRODUCED'),
  reasons: z.array(z.string()),
  ending: z.string(),
  startedMs: ms,
  tookMs: ms,
  invariants: z.array(invariantResult),
  breaches: z
    .array(z.strictObject({ book: z.enum(bookNames), says: z.string(), seqs: z.array(count) }))
    .describe('what does not add up in the books of the judge, in the order in which they speak'),
  gone: z.array(z.string()).describe('servers and carriers that no longer answered at its end'),
  disturbed: z.boolean().describe('nothing but the machine was in the way, with a recorded cause'),
  faults: z.array(
    z.strictObject({
      id: z.string(),
      verb: z.string(),
      target: z.string(),
      label: z.string(),
      applied: z.string().nullable(),
      onMs: sinceStart,
      offMs: sinceStart,
      healed: z.boolean(),
      framesHeld: count,
      framesLost: count,
      struckKeys: z.array(z.string()),
      metTraffic: z.boolean(),
    }),
  ),
  traffic: z.strictObject({
    published: count,
    accepted: count,
    deliveries: count,
    redeliveries: count,
    settles: count,
    storeCommands: count,
    handlingMsMedian: z.number().nullable(),
  }),
  queue,
  guardExercise: z.strictObject({
    mustAct: z.boolean(),
    refused: count,
    refusedKeys: z.array(z.string()),
  }),
  recovery: z
    .strictObject({
      rounds: z.array(
        z.strictObject({ round: z.number().int(), exitCode: z.number().int(), repairs: count }),
      ),
      before: stateAtSnapshot.nullable(),
      after: stateAtSnapshot.nullable(),
      second: stateAtSnapshot.nullable(),
    })
    .nullable(),
  measured: z
    .strictObject({ outcome: outcomeSchema, gates: z.array(gateSchema) })
    .nullable()
    .optional()
    .describe(
      'only of a load: what it came to, and the conditions without which that says nothing',
    ),
  fingerprint: z.string(),
});

export const resultSchema = z.strictObject({
  schema: z.literal('fm-result/1'),
  run: z.strictObject({
    id: z.string(),
    startedAt: z.string(),
    durationMs: ms,
    commit: z.string(),
    seed: z.number().int(),
    steered: z.boolean(),
    runtime: z.string(),
    faultsBy: z.string(),
  }),
  failureMode: z.strictObject({ id: z.string(), title: z.string() }),
  verdict: z.enum(['proven', 'disproven', 'inconclusive']),
  ok: z.boolean().nullable().describe('true: proven; false: disproven; null: inconclusive'),
  worst: conclusion.describe('of the cells that ran; what a partial run is judged by'),
  reasons: z.array(z.string()),
  missing: z.array(z.strictObject({ transport: z.string(), role: z.string() })),
  gone: z.array(z.string()).describe('servers and carriers that no longer answered'),
  planted: z
    .strictObject({
      planted: count,
      found: count,
      missed: z.array(
        z.strictObject({
          invariant: z.string(),
          transport: z.string(),
          cell: z.string(),
          why: z.string(),
        }),
      ),
      nowhere: z
        .array(z.strictObject({ invariant: z.string(), transport: z.string() }))
        .describe('invariants that no cell was expected to keep and kept: nothing to plant in'),
    })
    .describe("corruptions planted in the run's own evidence: each must be found"),
  cells: z.array(cellResult),
  discarded: z
    .array(z.strictObject({ cell: z.string(), rerun: z.string(), reasons: z.array(z.string()) }))
    .describe('runs that the machine disturbed, and the run that stands in for each'),
  environment: runHeaderSchema.shape.versions.describe('versions the run was seen on'),
  artifacts: z.strictObject({
    history: z.string().describe('relative to the result'),
    historySha256: z.string().describe('of the history, event by event, so that an edit shows'),
  }),
  reproduce: z.string().describe('the command that runs it again'),
});
export type Result = z.infer<typeof resultSchema>;

/** @throws ZodError when the judgement does not fit the schema, which is a bug of the lab. */
export function toResult(run: RunHeader, judgement: RunJudgement, history: History): Result {
  const times = timesOf(judgement, history);
  const document: Result = {
    schema: 'fm-result/1',
    run: {
      id: run.id,
      startedAt: run.startedAt,
      durationMs: tookMs(judgement.cells),
      commit: run.commit,
      seed: run.seed,
      steered: run.steered,
      runtime: run.runtime,
      faultsBy: run.faultsBy,
    },
    failureMode: { id: run.failureMode, title: run.title },
    verdict: judgement.verdict,
    ok: { proven: true, disproven: false, inconclusive: null }[judgement.verdict],
    worst: judgement.worst,
    reasons: [...judgement.reasons],
    missing: judgement.missing.map(({ transport, role }) => ({ transport, role })),
    gone: [...judgement.gone],
    planted: mutable(judgement.planted),
    cells: byTransport(judgement.cells).flatMap(([, cells]) =>
      cells.map((cell) => cellOf(cell, times)),
    ),
    discarded: judgement.discarded.map((one) => ({ ...one, reasons: [...one.reasons] })),
    environment: run.versions,
    artifacts: { history: 'history.jsonl', historySha256: sha256Of(history) },
    reproduce: run.command,
  };
  return resultSchema.parse(document);
}

/** The document as text, newline at its end. */
export function toJson(run: RunHeader, judgement: RunJudgement, history: History): string {
  return `${JSON.stringify(toResult(run, judgement, history), null, 2)}\n`;
}

/** The same as of the file: one event a line, as the harness writes it. */
function sha256Of(history: History): string {
  const hash = createHash('sha256');
  for (const event of history) hash.update(`${JSON.stringify(event)}\n`);
  return hash.digest('hex');
}

type Times = ReadonlyMap<number, { readonly t: number; readonly isState: boolean }>;

function cellOf(cell: Judgement, times: Times): z.input<typeof cellResult> {
  const { spec, findings, guard, accounting, recovery, faults, reasons, load, ...rest } = cell;
  const { breaches, gone, disturbed } = cell;
  const { conclusion: concluded, ending, startedMs, tookMs: took, traffic, fingerprint } = rest;
  return {
    ...spec,
    conclusion: concluded,
    outcome: outcomeWord(cell),
    reasons: [...reasons],
    ending,
    startedMs,
    tookMs: took,
    invariants: findings.map((judged) => invariantOf(judged, times)),
    breaches: mutable(breaches),
    gone: [...gone],
    disturbed,
    faults: faults.map((fault) => ({ ...fault, struckKeys: [...fault.struckKeys] })),
    traffic,
    queue: mutable(accounting),
    guardExercise: { ...guard, refusedKeys: [...guard.refusedKeys] },
    recovery: mutable(recovery),
    ...(spec.load === undefined ? {} : { measured: mutable(load) }),
    fingerprint,
  };
}

function invariantOf(judged: JudgedInvariant, times: Times): z.input<typeof invariantResult> {
  const { invariant, expected, finding, before = null } = judged;
  const violated = [before, finding].find((candidate) => candidate?.state === 'violated');
  const seqs = violated?.state === 'violated' ? (violated.witnesses[0]?.seqs ?? []) : [];
  const last = seqs.findLast((seq) => times.get(seq)?.isState === false) ?? seqs.at(-1);
  return {
    id: invariant,
    statement: invariantStatements[invariant],
    expected,
    observed: stateOf(judged),
    conclusion: judged.conclusion,
    finding,
    before,
    firstAtMs: last === undefined ? null : (times.get(last)?.t ?? null),
  };
}

/** Times of the events that witnesses name; the rest of the history is not kept. */
function timesOf(judgement: RunJudgement, history: History): Times {
  const named = new Set<number>();
  for (const { findings } of judgement.cells) {
    for (const { finding, before } of findings) {
      for (const candidate of [finding, before]) {
        if (candidate?.state !== 'violated') continue;
        for (const seq of candidate.witnesses[0]?.seqs ?? []) named.add(seq);
      }
    }
  }
  const times = new Map<number, { t: number; isState: boolean }>();
  for (const { seq, t, kind } of history) {
    if (named.has(seq)) times.set(seq, { t, isState: kind === 'snapshot' || kind === 'wait' });
  }
  return times;
}

type Mutable<T> = T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;

/** A copy, so that the document shares nothing with the judgement. */
function mutable<T>(value: T): Mutable<T> {
  return structuredClone(value) as Mutable<T>; // a fresh copy is nobody else's
}
