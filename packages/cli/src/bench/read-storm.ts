/** Reads a stored result of the storm benchmark. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { stormResultSchema, type StormResult } from '@lab/storm';

import { UsageError } from '../exit-code.ts';

/**
 * @param path a storm-result.json, or the folder that it is in
 * @throws UsageError that says what is there instead
 */
export function readStorm(path: string): StormResult {
  const file = fileAt(path);
  const parsed = stormResultSchema.safeParse(parseJson(file));
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new UsageError(
    `${file}: expected a storm-result/2 document: ${first?.path.join('.') ?? ''}: ${first?.message ?? ''}`,
  );
}

function fileAt(path: string): string {
  if (!existsSync(path)) {
    throw new UsageError(`${path}: nothing lies there; results are listed by: ls runs/*-storm-*`);
  }
  if (!statSync(path).isDirectory()) return path;
  const file = join(path, 'storm-result.json');
  if (existsSync(file)) return file;
  throw new UsageError(`${path}: no storm-result.json in this folder; results: ls runs/*-storm-*`);
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: expected JSON: ${(error as Error).message}`); // JSON.parse and fs throw Errors
  }
}
