/**
 * `fm bench lab`: what the lab itself costs, and how surely it reproduces. Every figure is a median with its range, or a
 * count with its interval, of this machine in this run; nothing here is asserted.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { down, up } from '@lab/brokers';
import type { Transport } from '@lab/contract';
import {
  measureThroughput,
  openLaboratory,
  run,
  type FailureMode,
  type Laboratory,
} from '@lab/harness';
import { median, spread, wilson } from '@lab/statistics';

import { loadBundle, resolveBundle } from '../bundles.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { listenForInterruption } from '../interruption.ts';
import { groupRuns } from '../publish.ts';

export interface BenchLabFlags {
  /** How often each command is timed. */
  readonly times: number;
  /** How often each proving cell is repeated. */
  readonly repeat: number;
  readonly jobs: number;
}

const transports: readonly Transport[] = ['rabbitmq', 'bullmq'];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

export async function benchLab(flags: BenchLabFlags): Promise<ExitCode> {
  using interruption = listenForInterruption();
  const { signal } = interruption;
  const runsDir = mkdtempSync(join(tmpdir(), 'reliability-lab-bench-'));
  const mode = await loadBundle(resolveBundle('001'));
  try {
    say(`machine: ${machine()}`);
    await down({});
    await timeCommands(
      'cold, brokers down, local runtime',
      ['--runtime', 'local'],
      flags.times,
      runsDir,
      signal,
    );
    await up({ runtime: 'local', signal });
    try {
      await timeCommands('warm', [], flags.times, runsDir, signal);
      await using lab = await openLaboratory({ signal });
      say(`versions: ${versions(lab)}`);
      await countReproductions(lab, mode, flags.repeat, runsDir, 'idle');
      await withBusyCores(() => countReproductions(lab, mode, 20, runsDir, 'both cores kept busy'));
      await compareInstruments(lab, mode, flags, runsDir);
    } finally {
      await down({});
    }
  } finally {
    rmSync(runsDir, { recursive: true, force: true });
  }
  return signal.aborted ? exitCode.interrupted : exitCode.ok;
}

/** From the command to its printed verdict, as a user would see it. */
async function timeCommands(
  what: string,
  runtime: readonly string[],
  times: number,
  runsDir: string,
  signal: AbortSignal,
): Promise<void> {
  for (const transport of transports) {
    const seconds: number[] = [];
    const words = ['001', ...runtime, '--transport', transport, '--quiet', '--record', runsDir];
    for (let n = 0; n < times && !signal.aborted; n += 1) {
      const took = await timeOne(words, signal);
      if (took !== null) seconds.push(took);
    }
    if (seconds.length > 0) say(`${what}: fm 001 on ${transport}: ${spread(seconds, ' s')}`);
  }
}

/** @returns seconds, or null when it was interrupted: that is no sample. */
async function timeOne(words: readonly string[], signal: AbortSignal): Promise<number | null> {
  const start = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'fm.ts'), ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  signal.removeEventListener('abort', stop);
  if (signal.aborted) return null;
  if (code !== 0)
    throw new Error(
      `fm ${words.join(' ')} ended with ${code}; a run that proves nothing is not timed`,
    );
  return (performance.now() - start) / 1000;
}

/** Each proving cell again and again: how many came out as expected, and how many different orders of events there were. */
async function countReproductions(
  lab: Laboratory,
  mode: FailureMode,
  repeat: number,
  runsDir: string,
  load: string,
): Promise<void> {
  for (const transport of transports) {
    if (lab.signal.aborted) return;
    const { judgement } = await run(lab, {
      mode,
      transports: [transport],
      seed: 1,
      repeat,
      select: ({ role, fault }) =>
        role === 'reproduce' ||
        (role === 'prevent' && fault === mode.experiments[transport]?.reproduce.fault),
      runsDir,
      command: `pnpm fm bench lab`,
    });
    for (const { spec, runs } of groupRuns(judgement.cells)) {
      const met = runs.filter(({ conclusion }) => conclusion === 'as expected').length;
      const { low, high } = wilson(met, runs.length);
      const prints = new Set(runs.map(({ fingerprint }) => fingerprint)).size;
      say(
        `${spec.id}, ${load}: ${met}/${runs.length} as expected (95 % ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %), ${prints} fingerprint${prints === 1 ? '' : 's'}`,
      );
      for (const odd of judgement.cells.filter(
        (cell) => cell.conclusion !== 'as expected' && cell.spec.id.startsWith(`${spec.id}#`),
      )) {
        say(`    ${odd.spec.id}: ${odd.reasons[0] ?? odd.ending}`);
      }
    }
  }
}

/** Two threads that do nothing but compute, for as long as the work takes. */
async function withBusyCores(work: () => Promise<void>): Promise<void> {
  const burners = Array.from(
    { length: cpus().length },
    () => new Worker('for (;;) Math.sqrt(2);', { eval: true }),
  );
  try {
    await work();
  } finally {
    await Promise.all(burners.map((burner) => burner.terminate()));
  }
}

/** Pairs of runs, with and without tap and event files, in turn; the ratio is taken within each pair. */
async function compareInstruments(
  lab: Laboratory,
  mode: FailureMode,
  flags: BenchLabFlags,
  runsDir: string,
): Promise<void> {
  for (const transport of transports) {
    const ratios: number[] = [];
    const rates: number[] = [];
    for (let n = 0; n < flags.times && !lab.signal.aborted; n += 1) {
      const options = { mode, transport, jobs: flags.jobs, runsDir, limitMs: 120_000 };
      const bareFirst = n % 2 === 0; // neither always goes first
      const first = await measureThroughput({ ...lab, instruments: !bareFirst }, options);
      const second = await measureThroughput({ ...lab, instruments: bareFirst }, options);
      const [bare, instrumented] = bareFirst ? [first, second] : [second, first];
      rates.push(instrumented);
      ratios.push(instrumented / bare);
    }
    if (ratios.length > 0) {
      say(
        `${transport}, jobs/s with tap and history against without: ${spread(ratios, '', 2)}; with: ${median(rates).toFixed(0)} jobs/s`,
      );
    }
  }
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const busy = readLoad();
  return `${cpus().length} x ${model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB${busy === null ? '' : `, load average ${busy} at the start`}, Node ${process.versions.node}`;
}

function readLoad(): string | null {
  try {
    return readFileSync('/proc/loadavg', 'utf8').split(' ', 1)[0] ?? null;
  } catch {
    return null; // not Linux
  }
}

function versions({ brokers, proxyServer }: Laboratory): string {
  return Object.entries(brokers.versions)
    .map(([name, version]) => `${name} ${version}`)
    .concat(`faults by ${proxyServer.kind} ${proxyServer.version}`)
    .join(', ');
}
