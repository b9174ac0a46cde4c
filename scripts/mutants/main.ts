/**
 * `pnpm mutants`: what would be said of a system, or of this lab, that is broken in a known way. Each mutant of the
 * list is written into a copy of the checkout and run; its verdict and its reason are declared beforehand. A verdict
 * that a mutant can have as well says nothing.
 *
 *   pnpm mutants                    all of them, against brokers of its own
 *   pnpm mutants NAME…              these
 *   pnpm mutants --part lab         those that break the lab
 *   pnpm mutants --third 2          every third of the list; `--third commit`: which one, HEAD decides
 *   pnpm mutants --list             what there is
 *   pnpm mutants --keep             leaves copy and runs in place, and says where
 *
 * Exits 0 when all were killed, 1 when one was not, 3 when no brokers are to be had, 64 for wrong words, 130 when
 * interrupted. What came of each is written to `runs/mutants.json`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { NoBrokers, openBench, type Bench } from './bench.ts';
import { choose, readPart, thirdOfCommit, WrongChoice, type Choice } from './choose.ts';
import { conclude, outcomeOfRun, type Baseline, type Concluded } from './conclude.ts';
import { numbersToRun } from './copy.ts';
import { EditDoesNotApply } from './edit.ts';
import { mutants } from './list/index.ts';
import type { Mutant, Transport } from './mutant.ts';
import { showBaseline, showConcluded, showListed, showTally } from './show.ts';
import { failingTests, projectOf, recordsOf, sight, sightGrid } from './sight.ts';

const checkout = join(import.meta.dirname, '..', '..');
const baselineName = 'baseline';
const resultFile = join(checkout, 'runs', 'mutants.json');

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interruption.abort(new Error(`${signal}: ending what runs`)));
}
process.exitCode = await main(process.argv.slice(2)).catch(explain);

async function main(words: readonly string[]): Promise<number> {
  const { flags, choice } = readWords(words);
  const chosen = choose(mutants, choice);
  if (flags.list) {
    for (const mutant of chosen) console.log(showListed(mutant));
    return 0;
  }
  console.log(`${chosen.length} of ${mutants.length} mutants${describeThird(choice)}`);
  const { signal } = interruption;
  await using bench = openBench(checkout, { signal, keep: flags.keep });
  const baseline = await sightBaseline(bench, chosen);
  console.log(showBaseline(baseline));
  const concluded: Concluded[] = [];
  for (const mutant of baseline.stands ? chosen : []) {
    const one = await tryMutant(bench, mutant);
    concluded.push(one);
    console.log(showConcluded(one));
    writeResult({ ...choice, commit: headOf(checkout), baseline, mutants: concluded });
  }
  writeResult({ ...choice, commit: headOf(checkout), baseline, mutants: concluded });
  if (!baseline.stands) return 1;
  console.log(showTally(concluded));
  return concluded.every(({ fate }) => fate === 'killed') ? 0 : 1;
}

/**
 * The copy as it is must be PROVEN on every transport that is used, and every test that is used must pass: else nothing
 * that a mutant shows is the mutant's doing.
 */
async function sightBaseline(bench: Bench, chosen: readonly Mutant[]): Promise<Baseline> {
  const began = performance.now();
  const proofs = chosen.map(({ proof }) => proof);
  const tests = proofs.filter((proof) => proof.kind === 'test');
  const transport = transportOf(proofs);
  const live = tests.some((test) => projectOf(test) !== 'unit');
  if (transport !== undefined || live) await bench.bringBrokersUp();
  const failing = await failingTests(bench, tests);
  const run =
    transport === undefined ? undefined : await sightGrid(bench, baselineName, { transport });
  return {
    transport: transport ?? null,
    outcome: run?.outcome ?? 'no run needed',
    reasons: [...(run?.reasons ?? []), ...failing],
    stands:
      failing.length === 0 && (run === undefined || run.outcome === outcomeOfRun('proven', 0)),
    tookMs: Math.round(performance.now() - began),
  };
}

/** A forgery is made from a record with both. */
function transportOf(proofs: readonly Mutant['proof'][]): Transport | 'all' | undefined {
  const used = new Set(
    proofs.flatMap((proof): (Transport | 'all')[] => {
      if (proof.kind === 'grid') return [proof.transport];
      return proof.kind === 'forgery' ? ['all'] : [];
    }),
  );
  return used.size > 1 ? 'all' : used.values().next().value;
}

async function tryMutant(bench: Bench, mutant: Mutant): Promise<Concluded> {
  const began = performance.now();
  const { name, part, edits } = mutant;
  const notes = bench.notesOf(name);
  const ended = (what: Pick<Concluded, 'fate' | 'says'>): Concluded => ({
    mutant: name,
    part,
    ...what,
    tookMs: Math.round(performance.now() - began),
  });
  try {
    using _ = bench.copy.mutate(edits, notes);
    const seen = await sight(bench, mutant, recordsOf(bench, baselineName));
    const noted = bench.notedIn(notes);
    const silentEdits = numbersToRun(edits).filter((number) => !noted.has(number));
    return ended(conclude(mutant, { silentEdits, ...seen }));
  } catch (error) {
    if (!(error instanceof EditDoesNotApply)) throw error;
    return ended({ fate: 'did not apply', says: error.message });
  }
}

function readWords(words: readonly string[]): {
  flags: { list: boolean; keep: boolean };
  choice: Choice;
} {
  const { values, positionals } = parsed(words);
  const { list = false, keep = false, part, third } = values;
  return {
    flags: { list, keep },
    choice: {
      names: positionals,
      ...(part === undefined ? {} : { part: readPart(part) }),
      ...(third === undefined ? {} : { third: readThird(third) }),
    },
  };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        list: { type: 'boolean' },
        keep: { type: 'boolean' },
        part: { type: 'string' },
        third: { type: 'string' },
      },
    });
  } catch (cause) {
    throw new WrongChoice(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function readThird(text: string): 1 | 2 | 3 {
  if (text === 'commit') return thirdOfCommit(headOf(checkout));
  const third = ([1, 2, 3] as const).find((number) => String(number) === text);
  if (third === undefined) throw new WrongChoice('--third is 1, 2, 3 or commit');
  return third;
}

function headOf(cwd: string): string {
  return execFileSync('git', ['rev-parse', 'HEAD'], { cwd, encoding: 'utf8' }).trim();
}

function describeThird({ third }: Choice): string {
  return third === undefined ? '' : `: third ${third} of the list`;
}

function writeResult(result: {
  readonly commit: string;
  readonly baseline: Baseline;
  readonly mutants: readonly Concluded[];
}): void {
  mkdirSync(dirname(resultFile), { recursive: true });
  writeFileSync(resultFile, `${JSON.stringify(result, null, 2)}\n`);
}

function explain(error: unknown): number {
  if (interruption.signal.aborted) {
    console.error((interruption.signal.reason as Error).message); // it was aborted with one
    return 130;
  }
  if (!(error instanceof WrongChoice || error instanceof NoBrokers)) throw error;
  console.error(`mutants: ${error.message}`);
  return error instanceof WrongChoice ? 64 : 3;
}
