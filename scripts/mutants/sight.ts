/** Tries one mutant, or the copy without any, and says what was seen. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Bench } from './bench.ts';
import type { Ended } from './command.ts';
import { outcomeOfRun, testFails, type Sighting } from './conclude.ts';
import type { Forgery, GridRun, HistoryLine, Mutant, StoredRun, TestRun } from './mutant.ts';

type Seen = Omit<Sighting, 'silentEdits'>;

/** @param stored where the baseline's run is recorded, for forgeries */
export function sight(
  bench: Bench,
  { name, proof }: Pick<Mutant, 'name' | 'proof'>,
  stored: string,
): Promise<Seen> {
  switch (proof.kind) {
    case 'grid':
      return sightGrid(bench, name, proof);
    case 'test':
      return sightTest(bench, name, proof);
    case 'forgery':
      return sightForgery(bench, name, proof, onlyRunIn(stored));
  }
}

/** Runs of that name are recorded here. */
export function recordsOf(bench: Bench, name: string): string {
  return join(bench.folder, 'runs', name);
}

/** The folder of the one run recorded there. */
function onlyRunIn(records: string): string {
  const [run] = readdirSync(records).filter((name) => name !== 'latest');
  if (run === undefined) throw new Error(`no run was recorded in ${records}`);
  return join(records, run);
}

/** What of `fm … --json` is read here; the rest is others' business. */
interface ResultDocument {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly cells: readonly { readonly id: string; readonly reasons: readonly string[] }[];
}

export async function sightGrid(
  bench: Bench,
  name: string,
  {
    transport,
    cell,
    ownBrokers = false,
  }: Pick<GridRun, 'cell' | 'ownBrokers'> & {
    readonly transport: GridRun['transport'] | 'all';
  },
): Promise<Seen> {
  const words = ['001', '--transport', transport, '--json', '--record', recordsOf(bench, name)];
  const chosen = cell === undefined ? [] : ['--cell', cell];
  const ended = await bench.fm([...words, ...chosen], { ownBrokers });
  if (ended.late) return { outcome: 'it did not end', reasons: lastLines(ended.stderr) };
  const document = parseResult(ended);
  const exitCode = ended.exitCode ?? -1;
  if (document === undefined) {
    const conclusion = exitCode === 2 || exitCode === 3 ? 'inconclusive' : 'no result';
    return { outcome: outcomeOfRun(conclusion, exitCode), reasons: lastLines(ended.stderr) };
  }
  const conclusion = cell === undefined ? document.verdict : (ofCells.get(exitCode) ?? 'odd');
  return {
    outcome: outcomeOfRun(conclusion, exitCode),
    reasons: [
      ...document.cells.flatMap(({ id, reasons }) => reasons.map((reason) => `${id}: ${reason}`)),
      ...document.reasons.filter((reason) => cell === undefined || !isAboutTheGrid(reason)),
    ],
  };
}

/** Of chosen cells it is always said that they are not all. */
function isAboutTheGrid(reason: string): boolean {
  return reason.startsWith('the grid is not complete');
}

function parseResult({ stdout }: Ended): ResultDocument | undefined {
  try {
    return JSON.parse(stdout) as ResultDocument; // written by this checkout's own `fm`
  } catch {
    return undefined;
  }
}

/** Chosen cells prove no failure mode, so that the verdict is open whatever they come to; the exit code says that. */
const ofCells: ReadonlyMap<number, string> = new Map([
  [0, 'as expected'],
  [1, 'disproven'],
  [2, 'inconclusive'],
  [3, 'inconclusive'],
]);

function lastLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-8);
}

/** What of vitest's JSON report is read here. */
interface TestDocument {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

async function sightTest(bench: Bench, name: string, proof: TestRun): Promise<Seen> {
  const { file, test } = proof;
  const words = [file, '--testNamePattern', patternOf(proof)];
  const found = await runTests(bench, name, projectOf(proof), words);
  const named = found.tests.filter(({ fullName }) => fullName.includes(test));
  const failed = named.filter(({ status }) => status === 'failed');
  if (failed.length > 0) {
    return {
      outcome: testFails,
      reasons: failed.flatMap(({ failureMessages }) => failureMessages.map(withoutStack)),
    };
  }
  const passed = named.filter(({ status }) => status === 'passed').length;
  return passed > 0
    ? { outcome: 'the test passes', reasons: [] }
    : { outcome: 'the test did not run', reasons: found.errors };
}

function withoutStack(message: string): string {
  return message.split(/\n\s+at /)[0] ?? message;
}

/** @returns the names of those tests that do not pass, each with why */
export async function failingTests(bench: Bench, proofs: readonly TestRun[]): Promise<string[]> {
  const failing: string[] = [];
  for (const [project, of] of Map.groupBy(proofs, projectOf)) {
    const pattern = of.map((proof) => patternOf(proof)).join('|');
    const files = new Set(of.map(({ file }) => file));
    const words = [...files, '--testNamePattern', pattern];
    const { tests, errors } = await runTests(bench, `baseline-${project}`, project, words);
    for (const { file, test } of of) {
      const named = tests.filter(({ fullName }) => fullName.includes(test));
      const bad = named.find(({ status }) => status !== 'passed');
      if (named.length > 0 && bad === undefined) continue;
      const why = bad?.failureMessages[0] ?? bad?.status ?? errors[0] ?? 'there is no such test';
      failing.push(`${file}: ${test}: ${why}`);
    }
  }
  return failing;
}

export function projectOf({ project = 'unit' }: TestRun): NonNullable<TestRun['project']> {
  return project;
}

/** A pattern for the test alone; between the names of a suite and of its test vitest sees ` > `. */
function patternOf({ test }: TestRun): string {
  return test.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&').replaceAll(' ', ' (> )?');
}

async function runTests(
  bench: Bench,
  name: string,
  project: NonNullable<TestRun['project']>,
  words: readonly string[],
) {
  const report = join(bench.folder, `${name}.tests.json`);
  rmSync(report, { force: true });
  const ended = await bench.vitest([
    'run',
    `--project=${project}`,
    '--reporter=json',
    `--outputFile=${report}`,
    ...words,
  ]);
  if (!existsSync(report)) return { tests: [], errors: lastLines(ended.stderr) };
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as TestDocument; // vitest's
  return {
    tests: testResults.flatMap(({ assertionResults }) => assertionResults),
    errors: testResults.map(({ message }) => message).filter((message) => message !== ''),
  };
}

async function sightForgery(
  bench: Bench,
  name: string,
  { forge, historyAlone }: Forgery,
  stored: string,
): Promise<Seen> {
  const folder = recordsOf(bench, name);
  cpSync(stored, folder, { recursive: true });
  const run = readStored(folder);
  const forged = forge(run);
  if (JSON.stringify(forged) === JSON.stringify(run)) {
    return { outcome: 'the forgery changed nothing', reasons: [] };
  }
  writeStored(folder, forged);
  if (historyAlone) {
    for (const file of readdirSync(folder)) {
      if (file !== 'history.jsonl') rmSync(join(folder, file), { recursive: true });
    }
  }
  const ended = await bench.fm(['check', join(folder, 'history.jsonl'), '--json']);
  const document = parseResult(ended);
  return {
    outcome: `exit ${ended.exitCode ?? -1}`,
    reasons: [
      ...(document?.cells ?? []).flatMap(({ id, reasons }) =>
        reasons.map((reason) => `${id}: ${reason}`),
      ),
      ...(document?.reasons ?? []),
      ...lastLines(ended.stderr),
    ],
  };
}

function readStored(folder: string): StoredRun {
  const lines = readFileSync(join(folder, 'history.jsonl'), 'utf8').trimEnd().split('\n');
  return {
    history: lines.map((line) => JSON.parse(line) as HistoryLine), // the lab's own record
    result: JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as HistoryLine,
  };
}

function writeStored(folder: string, { history, result }: StoredRun): void {
  const text = history.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(join(folder, 'history.jsonl'), text);
  const file = join(folder, 'result.json');
  if (result === undefined) rmSync(file);
  else writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}
