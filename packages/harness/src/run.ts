/**
 * The life of a run: every cell of the grid, what everybody saw merged, judged, recorded.
 * Each cell lives through start, steady state, load, strike, heal, settle, observe (cell.ts).
 */
import { serverProcesses } from '@lab/brokers';
import {
  monotonicMs,
  type CellSpec,
  type EventBody,
  type History,
  type LifePhase,
  type RunHeader,
} from '@lab/contract';
import { judgeCell, judgeRun, type Judgement, type RunJudgement } from '@lab/invariants';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { entryOf, type CellPlan } from './cell-plan.ts';
import { runCell, type CellOptions } from './cell.ts';
import type { FailureMode, FaultScript } from './failure-mode.ts';
import { experimentOf } from './grid.ts';
import { inParallel } from './in-parallel.ts';
import type { Laboratory } from './laboratory.ts';
import { runLoadCell } from './load/load-cell.ts';
import { runLoads } from './load/run-loads.ts';
import type { Place } from './load/start-line.ts';
import { watchMachine, type MachineWatch } from './machine/machine-watch.ts';
import { planCells, type PlanOptions } from './plan-cells.ts';
import { merge, readCell, recordRunSources } from './recorder.ts';
import { createRunFolder, recordRun, type RunFolder } from './run-folder.ts';
import { describeRun } from './run-header.ts';
import { withReruns } from './with-reruns.ts';

export interface RunOptions extends PlanOptions {
  readonly runsDir: string;
  /** Limit for each wait of a cell, ms. */
  readonly limitMs?: number;
  /** Cells at a time. */
  readonly parallel?: number;
  /** What the user typed, for the report and for running it again. */
  readonly command: string;
  readonly onProgress?: (progress: Progress) => void;
}

export type Progress =
  | {
      readonly kind: 'begun';
      readonly header: RunHeader;
      readonly folder: RunFolder;
      readonly specs: readonly CellSpec[];
    }
  | { readonly kind: 'phase'; readonly spec: CellSpec; readonly phase: LifePhase }
  /**
   * As the lab and its taps record it; the words of a worker follow when its cell ends, in `history.jsonl`, those of a
   * load's programs come as they are written.
   */
  | {
      readonly kind: 'event';
      /** Ms on the machine's monotonic clock, the clock of the history. */
      readonly at: number;
      readonly cell: string;
      readonly source: string;
      readonly event: EventBody;
    }
  | { readonly kind: 'cell'; readonly spec: CellSpec; readonly judgement: Judgement }
  /** The machine disturbed this run of a cell: it counts for nothing, and the cell is run again. */
  | { readonly kind: 'discarded'; readonly spec: CellSpec; readonly judgement: Judgement };

export interface RunResult {
  readonly folder: RunFolder;
  readonly header: RunHeader;
  readonly history: History;
  readonly judgement: RunJudgement;
  /** How many cells were to run; fewer have run when it was interrupted, or when a server was gone. */
  readonly planned: number;
  /** Servers and carriers that a cell found gone at its end; no further cell was begun. */
  readonly gone: readonly string[];
}

/**
 * Runs a failure mode's grid in a laboratory whose brokers are up.
 * A cell that fails is not thrown: it is judged. When the laboratory's signal aborts, cells end early and say so. Once a
 * cell has found a server gone, no further one is begun.
 * @throws when the run folder cannot be made, or no cell is selected; DamagedHistory when somebody changed its files
 */
export async function run(lab: Laboratory, options: RunOptions): Promise<RunResult> {
  const plans = planCells(options);
  const specs = plans.map(({ spec }) => spec);
  const header = describeRun(lab, { ...options, specs });
  const folder = createRunFolder(options.runsDir, header);
  options.onProgress?.({ kind: 'begun', header, folder, specs });

  const seen: ReturnType<typeof readCell> = [];
  const gone = new Set<string>();
  using machine = watchMachine({ servers: serverProcesses(lab.brokers, lab.session) });
  /** @returns null when it was not begun any more */
  const runOne = async (plan: CellPlan, place: Place | undefined): Promise<Judgement | null> => {
    if (lab.signal.aborted || gone.size > 0) return null;
    await play(lab, folder, options, { plan, place, machine });
    const located = readCell(folder.eventsDir, plan.spec.id);
    seen.push(...located);
    for (const event of located) {
      if (event.kind === 'server' && event.phase === 'gone') gone.add(event.server);
    }
    return judgeCell({ spec: plan.spec, events: merge(located) });
  };
  const tell = (kind: 'cell' | 'discarded', judgement: Judgement): void =>
    options.onProgress?.({ kind, spec: judgement.spec, judgement });

  const strikes = plans.filter(({ spec }) => spec.load === undefined);
  await withReruns<undefined>(strikes, {
    runOne,
    tell,
    atATime: options.parallel ?? strikesAtATime,
    sideBySide: (waiting, atATime, work) =>
      inParallel(waiting, atATime, (plan) => work(plan, undefined)),
  });
  const loads = plans.filter(({ spec }) => spec.load !== undefined);
  await runLoads(loads, { runOne, tell, atATime: options.parallel });

  recordRunSources(folder.eventsDir);
  const history = merge([...readCell(folder.eventsDir, 'run'), ...seen]);
  const judgement = judgeRun(history);
  recordRun(folder, history);
  return { folder, header, history, judgement, planned: plans.length, gone: [...gone] };
}

/**
 * Cells at a time. Two cores are busy with the processes of about four; a cell that waits for a lease to end keeps
 * nobody busy. A cell has up to eight links, and a published Toxiproxy has ports for six cells.
 */
const strikesAtATime = 6;

function play(
  lab: Laboratory,
  folder: RunFolder,
  options: RunOptions,
  { plan, place, machine }: { plan: CellPlan; place: Place | undefined; machine: MachineWatch },
): Promise<string> {
  const { spec } = plan;
  const heard = hearing(options, spec);
  if (spec.load !== undefined) {
    return runLoadCell(lab, folder, { plan, ...heard, ...(place === undefined ? {} : { place }) });
  }
  return runCell(lab, folder, { ...cellOptions(options, plan), ...heard, machine });
}

function cellOptions(options: RunOptions, plan: CellPlan): Omit<CellOptions, 'machine'> {
  const { spec } = plan;
  const script = scriptOf(options.mode, spec);
  return {
    plan,
    script,
    steering:
      options.steered === false && script !== undefined
        ? { kind: 'unsteered', afterFrames: randomFrame(spec), lastsMs: script.lastsMs }
        : { kind: 'steered' },
    recover: spec.role === 'recover',
    limitMs: options.limitMs ?? 15_000,
  };
}

/** @returns undefined when the fault is withheld */
function scriptOf(mode: FailureMode, spec: CellSpec): FaultScript | undefined {
  const experiment = experimentOf(mode, spec.transport);
  if (spec.fault === null || experiment.kind === 'load') return undefined;
  return entryOf(experiment.faults, spec.fault);
}

function hearing(
  options: RunOptions,
  spec: CellSpec,
): Required<Pick<CellOptions, 'onPhase' | 'onEvent'>> {
  return {
    onPhase: (phase) => options.onProgress?.({ kind: 'phase', spec, phase }),
    onEvent: (event, source) =>
      options.onProgress?.({ kind: 'event', at: monotonicMs(), cell: spec.id, source, event }),
  };
}

/**
 * A moment of the load, drawn from the cell's seed. A job crosses the taps about six times (publish, confirm,
 * deliver, effect, its reply, settle); the last jobs are left out so that the fault meets traffic.
 */
function randomFrame(spec: CellSpec): number {
  return uniformInt(xoroshiro128plus(spec.seed), 1, 5 * spec.jobs);
}
