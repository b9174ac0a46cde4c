/** `fm check RUN`: judges a stored history again, offline, and compares it with all that lies beside it and with its bundle. */
import { existsSync, readFileSync } from 'node:fs';

import type { History, HistoryEvent, RunHeader } from '@lab/contract';
import { DamagedHistory, readStoredRun, type StoredRun } from '@lab/harness/history';
import { judgeRun } from '@lab/invariants';
import { decideStyle, renderGrid, toJson } from '@lab/report';

import { listBundles, loadBundle } from '../bundles.ts';
import { comparePlan } from '../check/compare-plan.ts';
import { exitCode, exitCodeOfRun, type ExitCode } from '../exit-code.ts';

export async function checkCommand(
  path: string,
  flags: { readonly json?: boolean; readonly color?: boolean },
): Promise<ExitCode> {
  const stored = readStoredRun(path);
  const { history } = stored;
  const header = history.find((event) => isRunStart(event))?.header;
  if (header === undefined) {
    throw new DamagedHistory(`${path}: the history has no line that says which run it is`);
  }
  const judgement = judgeRun(history);
  const json = toJson(header, judgement, history);
  if (flags.json === true) process.stdout.write(json);
  else
    process.stdout.write(
      renderGrid(header, judgement, history, decideStyle(process.env, process.stdout, flags.color)),
    );

  const differences = [
    ...(await compareWithBundle(header, history)),
    ...compareWithResult(stored, json),
  ];
  for (const line of [...differences, ...notCompared(stored)]) process.stderr.write(`${line}\n`);
  const code = exitCodeOfRun(header, judgement);
  return differences.length === 0 || code === exitCode.contrary ? code : exitCode.inconclusive;
}

async function compareWithBundle(header: RunHeader, history: History): Promise<string[]> {
  const { failureMode } = header;
  if (!listBundles().includes(failureMode)) {
    return [`${failureMode}: there is no such bundle here, so the plan could not be compared`];
  }
  const differences = comparePlan(header, history, await loadBundle(failureMode));
  return differences.map((difference) => `${failureMode}: ${difference}`);
}

function compareWithResult({ folder }: StoredRun, json: string): string[] {
  const { resultFile } = folder;
  if (!existsSync(resultFile)) return [];
  const text = readFileSync(resultFile, 'utf8');
  if (text === json) return [];
  return digestIn(text) === digestIn(json)
    ? [
        `${resultFile}: differs from what this history gives now; it was judged by another version of the lab, or edited`,
      ]
    : [`${resultFile}: is about another history; one of the two was edited`];
}

/** The digest of the history that a result has; undefined where it is none. */
function digestIn(result: string): unknown {
  try {
    const { artifacts } = JSON.parse(result) as { artifacts?: { historySha256?: unknown } }; // looked at, not trusted
    return artifacts?.historySha256;
  } catch {
    return undefined;
  }
}

function notCompared({ folder, rawCompared }: StoredRun): string[] {
  const missing = [
    ...(existsSync(folder.resultFile) ? [] : ['result.json']),
    ...(rawCompared ? [] : ['events/']),
  ];
  if (missing.length === 0) return [];
  return [`not compared with ${missing.join(' and ')}, which would lie beside the history`];
}

function isRunStart(event: HistoryEvent): event is Extract<HistoryEvent, { kind: 'run' }> {
  return event.kind === 'run' && event.phase === 'start';
}
