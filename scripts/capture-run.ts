/**
 * Runs FM_001 as a user does and puts what it printed into README.md, a line of each kind of its history into
 * docs/results.md, and what repeating gives into docs/03_failure_modes.md: `pnpm exec node scripts/capture-run.ts`.
 * Nothing in these blocks is typed by hand. Paths of this machine are shortened to those a reader's clone has.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { HistoryEvent } from '@lab/contract';

import { replaceBlock } from './marked-block.ts';

const root = join(import.meta.dirname, '..');
const whole = 'fm 001 --runtime local --transport rabbitmq --no-color';
const load = 'fm 003 --runtime local --cell bounded-queue-reject/stall --no-color';

const runsDir = mkdtempSync(join(tmpdir(), 'reliability-lab-capture-'));
try {
  const printed = capture(whole);
  const [run = ''] = readdirSync(runsDir).filter((name) => name !== 'latest');
  rewrite('README.md', 'captured run', fenced('text', `$ pnpm ${whole}\n${printed}`));
  capture(load, [0, 2]); // its lines are the same when a busy machine leaves its verdict open
  const [loadRun = ''] = readdirSync(runsDir).filter((name) => name !== 'latest' && name !== run);
  const lines = [...examplesOf(historyOf(run)), ...loadExamplesOf(historyOf(loadRun))];
  rewrite('docs/results.md', 'history lines', fenced('jsonl', lines.join('\n')));

  const repeats = [`${whole} --repeat 20 --cell reproduce`, `${whole} --repeat 20 --unsteered`];
  const counted = repeats.map((words) => `$ pnpm ${words}\n${tableOf(capture(words))}`);
  rewrite('docs/03_failure_modes.md', 'repeat', fenced('text', counted.join('\n\n')));
} finally {
  rmSync(runsDir, { recursive: true, force: true });
}

/** @returns both streams as a terminal of 100 columns would have shown them, without colour. */
function capture(words: string, codes: readonly (number | null)[] = [0]): string {
  const { status, stdout } = spawnSync(
    'sh',
    ['-c', `pnpm --silent ${words} --record "$0" 2>&1`, runsDir],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 300_000 },
  );
  if (!codes.includes(status)) throw new Error(`pnpm ${words} ended with ${status}:\n${stdout}`);
  return shortened(stdout.trimEnd());
}

/** The table of a repeated run, without what is printed before and after it. */
function tableOf(printed: string): string {
  const [, table] = /^(cell +result[\s\S]*?)(?:\n\n|\nrun |$(?![\s\S]))/m.exec(printed) ?? [];
  if (table === undefined) throw new Error(`no table was printed:\n${printed}`);
  return table;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function shortened(text: string): string {
  return text
    .replaceAll(` --record ${runsDir}`, '')
    .replaceAll(runsDir, 'runs')
    .replaceAll(`${root}/`, '');
}

function historyOf(run: string): HistoryEvent[] {
  return readFileSync(join(runsDir, run, 'history.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryEvent); // written by a run just above
}

/**
 * Of each kind the line that tells most: from the reproducing cell, about the struck job where it is about jobs. A machine
 * that withheld nothing has no line.
 */
function examplesOf(history: readonly HistoryEvent[]): string[] {
  const reproduced = history.filter(({ cell }) => cell === 'rabbitmq/reproduce');
  const held = reproduced.find((event) => event.kind === 'wire' && event.passage === 'held');
  const struck = held?.kind === 'wire' ? held.keys?.[0] : undefined;
  const lost = reproduced.find(
    (event) => event.kind === 'wire' && event.passage === 'lost' && event.keys?.[0] === struck,
  );
  const chosen: (HistoryEvent | undefined)[] = [
    history.find(({ kind }) => kind === 'run'),
    reproduced.find(({ kind }) => kind === 'cell'),
    reproduced.find((event) => event.kind === 'phase' && event.name === 'strike'),
    reproduced.find(({ kind }) => kind === 'process'),
    reproduced.find(
      (event) => event.kind === 'job' && event.op === 'effect' && event.key === struck,
    ),
    held,
    reproduced.find(({ kind }) => kind === 'wait'),
    reproduced.find((event) => event.kind === 'fault' && event.phase === 'on'),
    lost,
    reproduced.find((event) => event.kind === 'probe' && event.during === 'on'),
    reproduced.find((event) => event.kind === 'connection' && event.phase === 'ended'),
    onlyOf(
      struck,
      reproduced.find(({ kind }) => kind === 'snapshot'),
    ),
    reproduced.find(({ kind }) => kind === 'server'),
    reproduced.find((event) => event.kind === 'record' && event.of === 'tap'),
    history.find(({ kind }) => kind === 'recovery'),
  ];
  return [
    ...linesOf(chosen),
    ...linesOf(history.filter(({ kind }) => kind === 'machine').slice(0, 1)),
  ];
}

/** What a load's client counted while the trigger was on, one of its histograms, what it was told, and how long it was watched. */
function loadExamplesOf(history: readonly HistoryEvent[]): string[] {
  const ofClient = history.filter(({ source }) => source === 'client');
  return linesOf([
    ofClient.find(
      ({ kind, ...event }) => kind === 'load' && 'window' in event && event.window === 3,
    ),
    ofClient.find(({ kind }) => kind === 'timing'),
    ofClient.find(({ kind }) => kind === 'told'),
    history.find(({ kind }) => kind === 'watched'),
  ]);
}

function linesOf(events: readonly (HistoryEvent | undefined)[]): string[] {
  return events.map((event) => {
    if (event === undefined) throw new Error('the run lacks a kind of event that the page shows');
    return shortened(JSON.stringify(event));
  });
}

/** A ledger is long: all but the struck job's entries are left out, as the page says. */
function onlyOf(
  key: string | undefined,
  event: HistoryEvent | undefined,
): HistoryEvent | undefined {
  if (event?.kind !== 'snapshot') return event;
  const ledger = event.snapshot.ledger.filter((entry) => entry.key === key);
  return { ...event, snapshot: { ...event.snapshot, ledger } };
}

function rewrite(file: string, block: string, text: string): void {
  const path = join(root, file);
  writeFileSync(path, replaceBlock(readFileSync(path, 'utf8'), block, text));
}
