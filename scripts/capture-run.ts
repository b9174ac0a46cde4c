/**
 * Runs FM_001 as a user does and puts what it printed into README.md, and a line of each kind of its history into
 * docs/results.md: `pnpm exec node scripts/capture-run.ts`. Refreshes the pages; nothing in them is typed by hand.
 * Paths of this machine are shortened to those a reader's clone has.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { HistoryEvent } from '@lab/contract';

import { replaceBlock } from './marked-block.ts';

const root = join(import.meta.dirname, '..');
const words = ['fm', '001', '--runtime', 'local', '--transport', 'rabbitmq', '--no-color'];

const runsDir = mkdtempSync(join(tmpdir(), 'reliability-lab-capture-'));
try {
  const printed = capture();
  const [run = ''] = readdirSync(runsDir).filter((name) => name !== 'latest');
  const folder = join(runsDir, run);
  rewrite('README.md', 'captured run', `\`\`\`text\n$ pnpm ${words.join(' ')}\n${printed}\n\`\`\``);
  rewrite('docs/results.md', 'history lines', `\`\`\`jsonl\n${examplesOf(folder)}\n\`\`\``);
} finally {
  rmSync(runsDir, { recursive: true, force: true });
}

/** @returns both streams as a terminal of 100 columns would have shown them, without colour. */
function capture(): string {
  const { status, stdout } = spawnSync(
    'sh',
    ['-c', `pnpm --silent ${words.join(' ')} --record "$0" 2>&1`, runsDir],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 180_000 },
  );
  if (status !== 0) throw new Error(`the run ended with ${status}:\n${stdout}`);
  return shortened(stdout.trimEnd());
}

function shortened(text: string): string {
  return text
    .replaceAll(` --record ${runsDir}`, '')
    .replaceAll(runsDir, 'runs')
    .replaceAll(`${root}/`, '');
}

/** Of each kind the line that tells most: from the reproducing cell, about the struck job where it is about jobs. */
function examplesOf(folder: string): string {
  const history = readFileSync(join(folder, 'history.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryEvent); // written by the run just above
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
    onlyOf(
      struck,
      reproduced.find(({ kind }) => kind === 'snapshot'),
    ),
    history.find(({ kind }) => kind === 'recovery'),
  ];
  return chosen
    .map((event) => {
      if (event === undefined) throw new Error('the run lacks a kind of event that the page shows');
      return shortened(JSON.stringify(event));
    })
    .join('\n');
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
