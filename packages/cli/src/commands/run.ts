/** `fm 001 [002 …]`: runs the grids and prints what they prove. */
import { resolve } from 'node:path';

import { EnvironmentError, type AttachUrls, type RuntimeKind } from '@lab/brokers';
import type { CellSpec, Transport } from '@lab/contract';
import {
  openLaboratory,
  planCells,
  run,
  type FailureMode,
  type Laboratory,
  type Progress,
  type RunOptions,
  type RunResult,
} from '@lab/harness';
import { decideStyle, renderFooter } from '@lab/report';

import { loadBundle } from '../bundles.ts';
import { exitCode, exitCodeOfRun, UsageError, type ExitCode } from '../exit-code.ts';
import { farewell } from '../farewell.ts';
import { listenForInterruption } from '../interruption.ts';
import { keptLines } from '../kept.ts';
import { hasReader } from '../output.ts';
import { jsonDocument, publish, report, writeResult, type PublishOptions } from '../publish.ts';
import { reportError } from '../report-error.ts';
import { runsDirDefault, typed } from '../repository.ts';
import { openScreen, type Screen } from '../screen.ts';
import type { Reporter } from '../words.ts';

export interface RunFlags {
  readonly transport?: Transport | 'all';
  readonly runtime?: RuntimeKind | 'auto';
  /** No URL at all: the compose stack's own addresses. */
  readonly attach?: AttachUrls;
  readonly cell?: string;
  readonly seed: number;
  readonly repeat: number;
  readonly unsteered?: boolean;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly reporters: readonly Reporter[];
  readonly keep?: boolean;
  /** Limit of each wait of a cell, ms. */
  readonly timeoutMs: number;
  readonly record?: string;
  readonly color?: boolean;
  readonly quiet?: boolean;
}

/** What has happened so far, for the last lines, however the command ends. */
interface Course {
  /** The newest run that was begun. */
  begun: { readonly path: string } | null;
  readonly results: RunResult[];
  kept: readonly string[];
}

/**
 * @param ids folder names of bundles, resolved
 * @param command what the user typed
 */
export async function runCommand(
  ids: readonly string[],
  flags: RunFlags,
  command: string,
): Promise<ExitCode> {
  const modes = await Promise.all(ids.map((id) => loadBundle(id)));
  const runs = modes.map((mode) => describeRun(mode, flags, command));
  for (const options of runs) planCells(options); // a typing error is told before brokers are started

  const stream = flags.json === true || flags.ndjson === true ? process.stderr : process.stdout;
  const style = decideStyle(process.env, stream, flags.color);
  const course: Course = { begun: null, results: [], kept: [] };
  using screen = openScreen({ stream, style, quiet: flags.quiet === true });
  using interruption = listenForInterruption({
    asked(by) {
      const text = `${by}: healing faults and ending processes (again to leave at once)`;
      if (hasReader(stream)) screen.tell(text);
      else process.stderr.write(`${text}\n`);
    },
    leaving: () => screen[Symbol.dispose](),
  });
  const { signal } = interruption;
  const failure = await runAll(runs, flags, signal, screen, course).catch((error: unknown) => ({
    error,
  }));
  screen[Symbol.dispose]();
  const out = hasReader(stream) ? stream : process.stderr;
  const page = { stream: out, style, reporters: flags.reporters };
  const code = finish(course, flags, page, signal, failure?.error);
  for (const line of course.kept) out.write(`${line}\n`);
  out.write(renderFooter({ command }, course.begun && typed(course.begun.path), style));
  return code;
}

/** A run that was judged is shown, even where the lab could not clear up after it because a server was gone. */
function finish(
  course: Course,
  flags: RunFlags,
  page: Omit<PublishOptions, 'repeated'>,
  signal: AbortSignal,
  error: unknown,
): ExitCode {
  if (error === undefined || signal.aborted) return tell(course, flags, page, signal, error);
  const told =
    error instanceof EnvironmentError && course.results.length > 0
      ? tell(course, flags, page, signal, error)
      : exitCode.ok;
  const code = reportError(error);
  return told === exitCode.contrary ? told : code;
}

async function runAll(
  runs: readonly RunOptions[],
  flags: RunFlags,
  signal: AbortSignal,
  screen: Screen,
  course: Course,
): Promise<void> {
  await using lab = await openLaboratory({
    signal,
    keep: flags.keep === true,
    say: (line) => screen.note(line),
    ...(flags.runtime === undefined ? {} : { runtime: flags.runtime }),
    ...(flags.attach === undefined ? {} : { attach: flags.attach }),
  });
  for (const options of runs) {
    if (signal.aborted) return;
    const onProgress = (progress: Progress): void => {
      screen.progress(progress);
      if (progress.kind === 'begun') {
        course.begun = { path: progress.folder.path };
      }
      if (flags.ndjson === true) writeEvent(progress);
    };
    const result = await run(lab, { ...options, onProgress });
    course.results.push(result);
    if (flags.keep === true) course.kept = keptOf(lab);
    if (result.gone.length > 0) return; // nothing can be run on them any more
  }
}

function keptOf({ session, brokers }: Laboratory): string[] {
  return keptLines(session.entries, brokers.runtime);
}

/** @throws UsageError when the bundle does not run on the transport asked for. */
function describeRun(mode: FailureMode, flags: RunFlags, command: string): RunOptions {
  const all = Object.keys(mode.experiments) as Transport[]; // keys of a Partial<Record<Transport, …>>
  const wanted = flags.transport ?? 'all';
  const transports = all.filter((transport) => wanted === 'all' || transport === wanted);
  if (transports.length === 0) {
    throw new UsageError(`${mode.id} does not run on ${wanted}; it runs on: ${all.join(', ')}`);
  }
  const { cell } = flags;
  return {
    mode,
    transports,
    seed: flags.seed,
    repeat: flags.repeat,
    steered: flags.unsteered !== true,
    runsDir: resolve(flags.record ?? runsDirDefault),
    limitMs: flags.timeoutMs,
    command,
    ...(cell === undefined ? {} : { select: (spec: CellSpec) => spec.id.includes(cell) }),
  };
}

function writeEvent(progress: Progress): void {
  if (progress.kind !== 'event') return;
  const { at, cell, source, event } = progress;
  process.stdout.write(`${JSON.stringify({ at, cell, source, ...event })}\n`);
}

/** Prints what came out; when it was interrupted, what was cut short and what was cleared up. */
function tell(
  { results }: Course,
  flags: RunFlags,
  page: Omit<PublishOptions, 'repeated'>,
  signal: AbortSignal,
  error: unknown,
): ExitCode {
  const repeated = flags.repeat > 1 || flags.unsteered === true;
  const cut = signal.aborted ? results.filter((result) => !isWhole(result)) : [];
  for (const result of results) {
    if (cut.includes(result)) {
      writeResult(result);
      report(result, page, 'files');
    } else {
      if (flags.quiet !== true) page.stream.write('\n');
      publish(result, { ...page, repeated });
    }
  }
  if (flags.json === true && results.length > 0) process.stdout.write(jsonDocument(results));
  if (!signal.aborted) return worst(results);
  const by = signal.reason as Error; // the lab aborts with an Interrupted
  page.stream.write(farewell({ by, cut, kept: flags.keep === true, error }));
  return exitCode.interrupted;
}

/** All of its cells ended by themselves. */
function isWhole({ judgement, planned }: RunResult): boolean {
  const { cells } = judgement;
  return cells.length === planned && !cells.some(({ ending }) => ending.startsWith('aborted'));
}

/** The worst wins. */
function worst(results: readonly RunResult[]): ExitCode {
  const codes = results.map(({ header, judgement }) => exitCodeOfRun(header, judgement));
  const bad = [exitCode.contrary, exitCode.environment, exitCode.inconclusive];
  return bad.find((code) => codes.includes(code)) ?? exitCode.ok;
}
