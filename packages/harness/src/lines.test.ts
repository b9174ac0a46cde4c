import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { linesOf } from './lines.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lab-lines-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function fileOf(text: string): string {
  const file = join(dir, 'a.jsonl');
  writeFileSync(file, text);
  return file;
}

test('reads a file longer than its buffer, whatever character the buffer ends in', () => {
  const lines = Array.from({ length: 90_000 }, (_, index) =>
    `${index} µ€🐇`.repeat(1 + (index % 3)),
  );
  expect([...linesOf(fileOf(`${lines.join('\n')}\n`), 'drop')]).toEqual(lines);
});

test('reads a line longer than its buffer', () => {
  const long = 'x'.repeat(3 << 20);
  expect([...linesOf(fileOf(`a\n${long}\nb\n`), 'drop')].map(({ length }) => length)).toEqual([
    1,
    long.length,
    1,
  ]);
});

test('keeps or drops what no newline ends', () => {
  expect([...linesOf(fileOf('a\nb'), 'keep')]).toEqual(['a', 'b']);
  expect([...linesOf(fileOf('a\nb'), 'drop')]).toEqual(['a']);
  expect([...linesOf(fileOf('a\n'), 'keep')]).toEqual(['a']);
  expect([...linesOf(fileOf(''), 'keep')]).toEqual([]);
});
