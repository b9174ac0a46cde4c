/** Where a run lies: `runs/<time>-<fm>-s<seed>/{events/, history.jsonl, logs/}`, and `runs/latest` pointing to it. */
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

import type { History, RunHeader } from '@lab/contract';

import { merge, readAllCells, readHistory, writeHistory, writeRunHeader } from './recorder.ts';

export interface RunFolder {
  readonly path: string;
  /** Raw events, a file per cell and source. */
  readonly eventsDir: string;
  readonly logsDir: string;
  readonly historyFile: string;
  readonly resultFile: string;
}

/** Makes the folder of a new run; a second run in the same second gets a number behind its name. */
export function createRunFolder(runsDir: string, header: RunHeader): RunFolder {
  mkdirSync(runsDir, { recursive: true });
  let path = join(runsDir, header.id);
  for (let n = 2; existsSync(path); n += 1) path = join(runsDir, `${header.id}-${n}`);
  const folder = folderAt(path);
  mkdirSync(folder.eventsDir, { recursive: true });
  mkdirSync(folder.logsDir, { recursive: true });
  writeRunHeader(folder.eventsDir, header);
  const latest = join(runsDir, 'latest');
  rmSync(latest, { force: true });
  symlinkSync(basename(path), latest);
  return folder;
}

export function folderAt(path: string): RunFolder {
  return {
    path,
    eventsDir: join(path, 'events'),
    logsDir: join(path, 'logs'),
    historyFile: join(path, 'history.jsonl'),
    resultFile: join(path, 'result.json'),
  };
}

export function recordRun(folder: RunFolder, history: History): void {
  writeHistory(folder.historyFile, history);
}

/**
 * Reads a stored run's history; one whose lab was killed before it could merge is merged now.
 * @param path the run's folder, or its history file
 * @throws RunNotFound; DamagedHistory that says which line is not an event
 */
export function readRun(path: string): History {
  const folder = folderAt(resolve(path));
  if (existsSync(folder.historyFile)) return readHistory(folder.historyFile);
  if (existsSync(folder.eventsDir)) return merge(readAllCells(folder.eventsDir));
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return readHistory(path);
  throw new RunNotFound(`${path}: no run lies there; runs are listed by: ls runs`);
}

export class RunNotFound extends Error {
  override readonly name = 'RunNotFound';
}
