/**
 * How long it takes to read and to judge histories of different lengths, in what memory, and how that grows. Every time a
 * history is judged, what was planted in it must be found, all of it and nothing else.
 */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';

import { openSession, type Session } from '@lab/brokers';
import { median } from '@lab/statistics';

import { describeMachine } from '../storm/machine.ts';

export interface WrittenHistory {
  readonly events: number;
  readonly duplicated: readonly string[];
  readonly lost: readonly string[];
}

export interface JudgedHistory {
  readonly events: number;
  /** From the file, every line checked against the contract. */
  readonly readS: number;
  readonly judgeS: number;
  /** Peak of the process before it read anything, after reading, and in all. */
  readonly idleRssMiB: number;
  readonly readRssMiB: number;
  readonly rssMiB: number;
  /** Keys that the judge names. */
  readonly duplicated: readonly string[];
  readonly lost: readonly string[];
}

export interface CheckRow {
  readonly events: number;
  readonly fileMiB: number;
  readonly runs: readonly JudgedHistory[];
  /** Medians. */
  readonly readS: number;
  readonly judgeS: number;
  readonly rssMiB: number;
  /** True when every run found what was planted and nothing else. */
  readonly foundAll: boolean;
}

export interface CheckResult {
  readonly kind: 'check';
  readonly startedAt: string;
  readonly command: string;
  readonly machine: ReturnType<typeof describeMachine>;
  readonly node: string;
  readonly rows: readonly CheckRow[];
  /** Slope of log seconds over log events, least squares over the medians; null with fewer than two sizes. */
  readonly judgeSlope: number | null;
  readonly readSlope: number | null;
  readonly complete: boolean;
}

export interface CheckRequest {
  /** Events of each history. */
  readonly sizes: readonly number[];
  readonly times: number;
  readonly signal: AbortSignal;
  readonly command: string;
  readonly onRun: (events: number, run: JudgedHistory) => void;
}

export async function measureCheck(request: CheckRequest): Promise<CheckResult> {
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const session = openSession(); // should this be killed, `fm down` ends its processes and clears its large file
  const rows: CheckRow[] = [];
  try {
    for (const size of request.sizes.toSorted((a, b) => a - b)) {
      const row = await measureSize(session, size, request);
      if (row !== null) rows.push(row);
    }
  } finally {
    await session.end();
  }
  return {
    kind: 'check',
    startedAt,
    command: request.command,
    machine,
    node: process.versions.node,
    rows,
    judgeSlope: slope(rows.map(({ events, judgeS }) => [events, judgeS])),
    readSlope: slope(rows.map(({ events, readS }) => [events, readS])),
    complete: rows.length === request.sizes.length && !request.signal.aborted,
  };
}

/** @returns null when it was interrupted before the first run ended */
async function measureSize(
  session: Session,
  size: number,
  { times, signal, onRun }: CheckRequest,
): Promise<CheckRow | null> {
  const file = join(session.directory, 'history.jsonl');
  const runs: JudgedHistory[] = [];
  const run = <T>(words: readonly string[]): Promise<T | null> =>
    inItsOwnProcess(session, words, size, signal);
  const planted = await run<WrittenHistory>(['write', file, String(size)]);
  if (planted === null) return null;
  while (runs.length < times) {
    const judged = await run<JudgedHistory>(['judge', file]);
    if (judged === null) break;
    runs.push(judged);
    onRun(size, judged);
  }
  if (runs.length === 0) return null;
  return {
    events: planted.events,
    fileMiB: statSync(file).size / 2 ** 20,
    runs,
    readS: median(runs.map(({ readS }) => readS)),
    judgeS: median(runs.map(({ judgeS }) => judgeS)),
    rssMiB: median(runs.map(({ rssMiB }) => rssMiB)),
    foundAll: runs.every((judged) => foundAll(judged, planted)),
  };
}

/** The planted violations, all of them and no other. */
export function foundAll(
  run: Pick<JudgedHistory, 'events' | 'duplicated' | 'lost'>,
  planted: WrittenHistory,
): boolean {
  return (
    run.events === planted.events &&
    same(run.duplicated, planted.duplicated) &&
    same(run.lost, planted.lost)
  );
}

function same(found: readonly string[], expected: readonly string[]): boolean {
  return found.toSorted().join(' ') === expected.toSorted().join(' ');
}

/** Least squares of ln y over ln x: 1 is linear. */
export function slope(points: readonly (readonly [number, number])[]): number | null {
  if (points.length < 2) return null;
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const over = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const under = logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return under === 0 ? null : over / under;
}

/** Above this Node's own bound of its heap may be too low, and what memory is free is allowed instead. */
const sizeForDefaultHeap = 2_000_000;

/** @returns null when it was interrupted */
async function inItsOwnProcess<T>(
  session: Session,
  words: readonly string[],
  events: number,
  signal: AbortSignal,
): Promise<T | null> {
  if (signal.aborted) return null;
  const heap =
    events <= sizeForDefaultHeap
      ? []
      : [`--max-old-space-size=${Math.floor((0.8 * freemem()) / 2 ** 20)}`];
  const child = spawn(
    process.execPath,
    [...heap, join(import.meta.dirname, 'judge-history.ts'), ...words],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...session.env } },
  );
  if (child.pid !== undefined) session.registerChild(child.pid, 'judge');
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const [code, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>(
      (resolve, reject) => {
        child.once('error', reject);
        child.once('close', (...ended) => resolve(ended));
      },
    );
    if (signal.aborted) return null;
    if (code !== 0) {
      throw new Error(
        `judge-history ${words.join(' ')} ended with ${killedBy ?? `code ${code}`}; ${events} events may be more than fit in memory: try smaller --sizes`,
      );
    }
    return JSON.parse(printed) as T; // what judge-history.ts prints has these types
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
