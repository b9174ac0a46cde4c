/** `fm bench storm`: how retry policies fare when a queue's consumers falter, on real brokers, beside what law and model predict. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import {
  describeMachine,
  estimateMs,
  PlanError,
  planStorm,
  resultOf,
  runStorm,
  type RequestedPlan,
  type StormRequest,
  type StormRun,
} from '@lab/bench';
import type { AttachUrls, RuntimeKind } from '@lab/brokers';
import {
  createRunFolder,
  describeLaboratory,
  measureLoad,
  openLaboratory,
  type Laboratory,
  type RunFolder,
} from '@lab/harness';
import {
  decideStyle,
  renderStormCsv,
  renderStormPage,
  renderStormTables,
  renderStormVerdicts,
  type Style,
} from '@lab/report';
import { agreementOf, type StormResult } from '@lab/storm';

import { exitCode, UsageError, type ExitCode } from '../exit-code.ts';
import { listenForInterruption } from '../interruption.ts';
import { hasReader } from '../output.ts';
import { reportError } from '../report-error.ts';
import { runsDirDefault, typed } from '../repository.ts';
import { compareStorms } from './storm-compare.ts';
import { exitCodeOfStorm } from './storm-exit.ts';
import type { StormWords } from './storm-options.ts';
import { describePlan, listPolicies } from './storm-plan.ts';
import { openStormScreen, type StormScreen } from './storm-screen.ts';
import { StormTracker } from './storm-tracker.ts';

export interface StormFlags extends StormWords {
  readonly runtime?: RuntimeKind | 'auto';
  readonly attach?: AttachUrls;
}

/** @param command what the user typed */
export async function benchStorm(flags: StormFlags, command: string): Promise<ExitCode> {
  const stream = flags.json === true ? process.stderr : process.stdout;
  const style = decideStyle(process.env, stream, flags.color);
  if (flags.compare !== undefined) return compareStorms(flags.compare, flags, style);
  if (flags.listPolicies === true) return listPolicies(flags.json === true, style);
  // whether brokers may be restarted is known once they are there; wrong words are told before
  const early = planned(flags, flags.attach === undefined && flags.runtime !== 'attached');
  if (flags.plan === true) {
    process.stdout.write(describePlan(early, flags.parallel, flags.json === true));
    return exitCode.ok;
  }
  return new Storm(flags, command, stream, style, early).run();
}

/** @throws UsageError where the words contradict each other */
function planned(flags: StormFlags, mayRestart: boolean): RequestedPlan {
  const { duration: triggerMs, ...rest } = flags;
  const request: StormRequest = {
    ...rest,
    mayRestart,
    ...(triggerMs === undefined ? {} : { triggerMs }),
  };
  try {
    return planStorm(request);
  } catch (error) {
    if (error instanceof PlanError) throw new UsageError(error.message);
    throw error;
  }
}

interface Measured {
  readonly result: StormResult;
  readonly run: StormRun;
  readonly folder: RunFolder;
}

class Storm {
  readonly #flags: StormFlags;
  readonly #command: string;
  readonly #stream: NodeJS.WriteStream;
  readonly #style: Style;
  #plan: RequestedPlan;
  readonly #sideBySide: number;

  constructor(
    flags: StormFlags,
    command: string,
    stream: NodeJS.WriteStream,
    style: Style,
    plan: RequestedPlan,
  ) {
    this.#flags = flags;
    this.#command = command;
    this.#stream = stream;
    this.#style = style;
    this.#plan = plan;
    this.#sideBySide = Math.min(flags.parallel, plan.cells.length);
  }

  async run(): Promise<ExitCode> {
    const tracker = new StormTracker({ plan: this.#plan, sideBySide: this.#sideBySide });
    using screen = openStormScreen({
      stream: this.#stream,
      style: this.#style,
      tracker,
      view: this.#flags.profile === 'demo' ? 'demo' : 'table',
      quiet: this.#flags.quiet === true,
    });
    using interruption = listenForInterruption({
      asked: (by) =>
        screen.tell(`${by}: healing faults and ending processes (again to leave at once)`),
      leaving: () => screen[Symbol.dispose](),
    });
    const { signal } = interruption;
    this.#announce(screen);
    const measured = await this.#measure(screen, signal).catch((error: unknown) => ({ error }));
    screen[Symbol.dispose]();
    if (!('error' in measured)) return this.#tell(measured);
    const code = signal.aborted ? exitCode.interrupted : reportError(measured.error);
    const out = this.#out();
    if (signal.aborted) out.write('INTERRUPTED before a cell was measured; nothing is written.\n');
    out.write(`again ${this.#command}\n`);
    return code;
  }

  #announce(screen: StormScreen): void {
    const { cells, blocks, leftOut } = this.#plan;
    const minutes = estimateMs(this.#plan, this.#sideBySide) / 60_000;
    const about = minutes < 1.5 ? `${Math.ceil(minutes * 60)} s` : `${Math.ceil(minutes)} min`;
    screen.tell(
      `storm ${this.#flags.profile}: ${cells.length} cells in ${count(blocks, 'block')}, ${this.#sideBySide} side by side, about ${about}`,
    );
    for (const line of leftOut) screen.tell(`left out: ${line}`);
  }

  async #measure(screen: StormScreen, signal: AbortSignal): Promise<Measured> {
    const startedAt = new Date();
    const machine = describeMachine();
    await using lab = await openLaboratory({
      signal,
      say: (line) => screen.note(line),
      ...(this.#flags.runtime === undefined ? {} : { runtime: this.#flags.runtime }),
      ...(this.#flags.attach === undefined ? {} : { attach: this.#flags.attach }),
    });
    this.#plan = this.#planFor(lab, screen);
    const begun = performance.now();
    const laboratory = describeLaboratory(lab);
    const folder = this.#folder(startedAt, laboratory);
    const run = await runStorm({
      plan: this.#plan,
      sideBySide: this.#sideBySide,
      shortCalibration: this.#flags.profile === 'demo',
      anyway: this.#flags.anyway === true || this.#flags.profile === 'demo', // a room is waiting
      signal,
      measure: (id, setting, onEvent, place) =>
        measureLoad(lab, folder, { id, setting, onEvent, place }),
      onProgress: (progress) => screen.progress(progress),
    });
    const result = resultOf({
      command: this.#command,
      profile: this.#flags.profile,
      startedAt,
      machine,
      laboratory,
      run,
      plan: this.#plan,
      sideBySide: this.#sideBySide,
      tookMs: performance.now() - begun,
    });
    return { result, run, folder };
  }

  /** The same plan, less what these brokers do not allow. */
  #planFor(lab: Laboratory, screen: StormScreen): RequestedPlan {
    const plan = planned(this.#flags, lab.brokers.control !== null);
    for (const line of plan.leftOut) {
      if (!this.#plan.leftOut.includes(line)) screen.tell(`left out: ${line}`);
    }
    return plan;
  }

  #folder(startedAt: Date, laboratory: ReturnType<typeof describeLaboratory>): RunFolder {
    const stamp = startedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '');
    return createRunFolder(resolve(this.#flags.record ?? runsDirDefault), {
      id: `${stamp}-storm-${this.#flags.profile}`,
      failureMode: 'storm',
      title: `retry storm, profile ${this.#flags.profile}`,
      seed: this.#plan.seeds[0] ?? 1,
      startedAt: startedAt.toISOString(),
      steered: true,
      planned: this.#plan.cells.length,
      ...laboratory,
      command: this.#command,
    });
  }

  /** Writes the files, prints what came out and where it is. */
  #tell({ result, run, folder }: Measured): ExitCode {
    const { stopped, invalid } = run;
    const out = this.#out();
    const files = writeFiles(result, resolve(this.#flags.out ?? folder.path));
    if (this.#flags.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    out.write(`\n${this.#page(result)}\n`);
    const { k, n } = agreementOf(result).modelAwayFromEdge;
    const said = result.cells.filter(({ valid }) => valid).length;
    const lines = [
      ...(stopped === null
        ? []
        : [
            `${stopped.interrupted ? 'INTERRUPTED' : 'STOPPED'} after ${result.cells.length} of ${result.planned} cells (${stopped.why}); what was measured is written.`,
          ]),
      ...invalid.map(({ block, why }) => `block ${block} does not count: ${why}`),
      `${said} of ${count(result.cells.length, 'cell')} count; ${k} of ${n} away from the edge came out as the model says`,
      '',
      `page   ${typed(files.page)}`,
      `data   ${typed(files.json)}`,
      `csv    ${typed(files.csv)}`,
      `run    ${typed(folder.path)}`,
      `again  ${this.#command}`,
    ];
    out.write(`${lines.join('\n')}\n`);
    return exitCodeOfStorm(result, run);
  }

  #page(result: StormResult): string {
    if (this.#flags.profile !== 'demo') return renderStormTables(result, this.#style);
    const order = ['immediate', ...result.policies.map(({ name }) => name)];
    const shown = result.cells
      .filter(({ setting }) => setting.trigger !== 'none')
      .toSorted((a, b) => order.indexOf(a.setting.policy) - order.indexOf(b.setting.policy));
    return `${renderStormVerdicts(shown, this.#style).join('\n')}\n`;
  }

  #out(): NodeJS.WriteStream {
    return hasReader(this.#stream) ? this.#stream : process.stderr;
  }
}

function writeFiles(
  result: StormResult,
  directory: string,
): { readonly json: string; readonly csv: string; readonly page: string } {
  mkdirSync(directory, { recursive: true });
  const files = {
    json: join(directory, 'storm-result.json'),
    csv: join(directory, 'storm.csv'),
    page: join(directory, 'storm.html'),
  };
  writeFileSync(files.json, `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(files.csv, renderStormCsv(result));
  writeFileSync(files.page, renderStormPage(result));
  return files;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
