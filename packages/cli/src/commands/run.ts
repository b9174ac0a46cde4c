/** `fm 001 [002 …]`: runs the grids and prints what they prove. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { AttachUrls, RuntimeKind } from '@lab/brokers';
import type { CellSpec, Transport } from '@lab/contract';
import { openLaboratory, run, type Laboratory, type Progress, type RunResult } from '@lab/harness';
import {
  decideStyle,
  renderFooter,
  renderGrid,
  renderRepeat,
  toJson,
  toJUnit,
  toMarkdown,
  type RepeatedCell,
  type Style,
} from '@lab/report';

import { loadBundle } from '../bundles.ts';
import { exitCode, exitCodeOf, UsageError, type ExitCode } from '../exit-code.ts';
import { listenForInterruption } from '../interruption.ts';
import { runsDirDefault } from '../repository.ts';
import { openScreen, type Screen } from '../screen.ts';

export interface RunFlags {
  readonly transport?: Transport | 'all';
  readonly runtime?: RuntimeKind | 'auto';
  /** True for the compose stack's own addresses. */
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

export interface Reporter {
  readonly name: 'pretty' | 'json' | 'junit' | 'markdown' | 'github';
  readonly file?: string;
}

/** @param ids folder names of bundles, resolved */
export async function runCommand(
  ids: readonly string[],
  flags: RunFlags,
  command: string,
): Promise<ExitCode> {
  const modes = await Promise.all(ids.map((id) => loadBundle(id)));
  const machineReads = flags.json === true || flags.ndjson === true;
  const stream = machineReads ? process.stderr : process.stdout;
  const style = decideStyle(process.env, stream, flags.color);

  using interruption = listenForInterruption();
  using screen = openScreen({ stream, style, quiet: flags.quiet === true });
  const results: RunResult[] = [];
  {
    await using lab = await openLaboratory({
      signal: interruption.signal,
      keep: flags.keep === true,
      say: (line) => screen.note(line),
      ...(flags.runtime === undefined ? {} : { runtime: flags.runtime }),
      ...(flags.attach === undefined ? {} : { attach: flags.attach }),
    });
    screen.note(`${lab.brokers.runtime} runtime: ${lab.brokers.why}`);
    for (const mode of modes) {
      if (interruption.signal.aborted) break;
      results.push(await runOne(lab, mode, flags, command, screen));
    }
  }
  screen[Symbol.dispose]();

  for (const result of results) publish(result, flags, style, stream);
  if (flags.json === true) process.stdout.write(jsonDocument(results));
  if (interruption.signal.aborted) return exitCode.interrupted;
  return worst(results, flags);
}

async function runOne(
  lab: Laboratory,
  mode: Awaited<ReturnType<typeof loadBundle>>,
  flags: RunFlags,
  command: string,
  screen: Screen,
): Promise<RunResult> {
  const all = Object.keys(mode.experiments) as Transport[]; // keys of a Partial<Record<Transport, …>>
  const transports =
    flags.transport === undefined || flags.transport === 'all'
      ? all
      : all.filter((transport) => transport === flags.transport);
  if (transports.length === 0) {
    throw new UsageError(
      `${mode.id} does not run on ${flags.transport}; it runs on: ${all.join(', ')}`,
    );
  }
  const { cell } = flags;
  return run(lab, {
    mode,
    transports,
    seed: flags.seed,
    repeat: flags.repeat,
    steered: flags.unsteered !== true,
    runsDir: resolve(flags.record ?? runsDirDefault),
    limitMs: flags.timeoutMs,
    command,
    ...(cell === undefined ? {} : { select: (spec: CellSpec) => spec.id.includes(cell) }),
    onProgress: (progress) => {
      screen.progress(progress);
      if (flags.ndjson === true) writeEvent(progress);
    },
  });
}

function writeEvent(progress: Progress): void {
  if (progress.kind !== 'event') return;
  const { cell, source, event } = progress;
  process.stdout.write(`${JSON.stringify({ cell, source, ...event })}\n`);
}

/** Everything that is printed or written once a run is over. */
function publish(
  { folder, header, history, judgement }: RunResult,
  flags: RunFlags,
  style: Style,
  stream: NodeJS.WriteStream,
): void {
  const json = toJson(header, judgement, history);
  writeFileSync(folder.resultFile, json);
  if (flags.repeat > 1 || flags.unsteered === true) {
    stream.write(renderRepeat(header, repeated(judgement.cells), style));
  } else {
    stream.write(renderGrid(header, judgement, history, style));
  }
  for (const reporter of flags.reporters) {
    const text = {
      json: () => json,
      junit: () => toJUnit(header, judgement, history),
      markdown: () => toMarkdown(header, judgement, history),
      pretty: () => renderGrid(header, judgement, history, { ...style, color: false }),
      github: () => '',
    }[reporter.name]();
    if (reporter.name === 'github') reportToGithub({ folder, header, history, judgement });
    else if (reporter.file === undefined) stream.write(text);
    else writeFileSync(reporter.file, text);
  }
  stream.write(renderFooter(header, folder.path, style));
}

/** GitHub's log commands, and a summary where the step has room for one. */
function reportToGithub({ header, history, judgement, folder }: RunResult): void {
  for (const cell of judgement.cells.filter(({ conclusion }) => conclusion !== 'as expected')) {
    const reasons = cell.reasons.join('; ').replaceAll('%', '%25').replaceAll('\n', '%0A');
    process.stderr.write(`::error title=${cell.spec.id}::${reasons} (${folder.path})\n`);
  }
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  if (summary !== undefined) appendFileSync(summary, toMarkdown(header, judgement, history));
}

/** Groups the runs of each cell: `rabbitmq/reproduce#017` belongs to `rabbitmq/reproduce`. */
export function repeated(cells: RunResult['judgement']['cells']): RepeatedCell[] {
  const groups = Map.groupBy(cells, ({ spec }) => spec.id.replace(/#\d+$/, ''));
  return [...groups].map(([id, runs]) => ({
    spec: { ...(runs[0] ?? unreachable()).spec, id },
    runs: runs.map(({ conclusion, fingerprint }) => ({ conclusion, fingerprint })),
  }));
}

function unreachable(): never {
  throw new Error('a group made by groupBy has at least one member');
}

function jsonDocument(results: readonly RunResult[]): string {
  const documents = results.map(({ header, judgement, history }) =>
    toJson(header, judgement, history),
  );
  const [only] = documents;
  if (only !== undefined && documents.length === 1) return only;
  return `{"schema":"fm-results/1","results":[${documents.map((text) => text.trim()).join(',')}]}\n`;
}

/** The worst wins. An unsteered run measures how often luck shows the failure; whatever it finds is a result. */
function worst(results: readonly RunResult[], flags: RunFlags): ExitCode {
  if (flags.unsteered === true) return exitCode.ok;
  const partial = flags.cell !== undefined || flags.repeat > 1;
  const codes = results.map(({ judgement }) => {
    if (!partial) return exitCodeOf(judgement.verdict);
    switch (judgement.worst) {
      case 'as expected':
        return exitCode.ok;
      case 'contrary':
        return exitCode.contrary;
      case 'inconclusive':
        return exitCode.inconclusive;
    }
  });
  if (codes.includes(exitCode.contrary)) return exitCode.contrary;
  return codes.includes(exitCode.inconclusive) ? exitCode.inconclusive : exitCode.ok;
}
