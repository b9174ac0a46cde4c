import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { SystemProcess } from './system-process.ts';

test('has all that a program said, though it was gone before its last words were read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reliability-lab-said-'));
  const file = join(folder, 'speaker.mjs');
  writeFileSync(
    file,
    "import { writeSync } from 'node:fs'; writeSync(1, 'x'.repeat(60_000)); writeSync(1, '{}\\n');",
  );
  try {
    const process = SystemProcess.spawn({
      program: { file },
      role: 'speaker',
      environment: {},
      eventsFile: null,
      logFile: join(folder, 'log'),
      record: () => undefined,
      signal: new AbortController().signal,
    });
    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(await process.allOutput()).toBe(`${'x'.repeat(60_000)}{}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
