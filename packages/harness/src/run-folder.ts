/** Where a run lies: `runs/<time>-<fm>-s<seed>/{events/, history.jsonl, logs/}`, and `runs/latest` pointing to it. */
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { History, RunHeader } from '@lab/contract';

import {
  DamagedHistory,
  merge,
  readAllCells,
  readHistory,
  writeHistory,
  writeRunHeader,
} from './recorder.ts';

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

/** A run as it lies there, with all that lies beside its history. */
export interface StoredRun {
  readonly folder: RunFolder;
  readonly history: History;
  /** Whether the raw files are there too; then the history is what they give. */
  readonly rawCompared: boolean;
}

/**
 * Reads a stored run and holds its history against the raw files beside it.
 * @param path the run's folder, or a history file
 * @throws RunNotFound; DamagedHistory also where history and raw files differ
 */
export function readStoredRun(path: string): StoredRun {
  const history = readRun(path);
  const isFolder = statSync(path).isDirectory();
  const folder = folderAt(isFolder ? resolve(path) : dirname(resolve(path)));
  const rawCompared = existsSync(folder.eventsDir);
  if (rawCompared && existsSync(folder.historyFile)) {
    expectSame(folder, history, merge(readAllCells(folder.eventsDir)));
  }
  return { folder, history, rawCompared };
}

function expectSame({ historyFile, eventsDir }: RunFolder, stored: History, raw: History): void {
  const length = Math.max(stored.length, raw.length);
  for (let index = 0; index < length; index += 1) {
    if (!isDeepStrictEqual(stored[index], raw[index])) {
      throw new DamagedHistory(
        `${historyFile}:${index + 1}: not what the files in ${eventsDir} give; one of the two was cut or edited`,
      );
    }
  }
}

export class RunNotFound extends Error {
  override readonly name = 'RunNotFound';
}
