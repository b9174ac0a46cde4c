import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeEach, expect, onTestFinished, test } from 'vitest';

import { listBundles } from '../bundles.ts';
import { newCommand } from './new.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reliability-lab-new-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
});

test('takes the number after the highest, and is listed', () => {
  mkdirSync(join(dir, 'FM_007_last'));
  expect(newCommand('Stuck queue', dir).id).toBe('FM_008_stuck_queue');
  expect(listBundles(dir)).toEqual(['FM_007_last', 'FM_008_stuck_queue']);
});

test('the first is 001', () => {
  expect(newCommand('a-b', dir)).toMatchObject({
    id: 'FM_001_a_b',
    message: expect.stringContaining('Run it: pnpm fm 001.') as string,
  });
});

test('brings spec, scenario and three tests, and nothing of the template is left in them', () => {
  const { id } = newCommand('stuck-queue', dir);
  const files = globSync('**/*.{md,ts}', { cwd: join(dir, id) }).toSorted();
  expect(files).toEqual([
    'scenario.ts',
    'spec.md',
    'tests/prevent.test.ts',
    'tests/recover.test.ts',
    'tests/repro.test.ts',
  ]);
  const text = files.map((file) => readFileSync(join(dir, id, file), 'utf8')).join('');
  expect(text).toContain("id: 'FM_001_stuck_queue'");
  expect(text).toContain('## Trigger');
  expect(text).not.toMatch(/FM_000|fm 000/);
});

test.each(['', '1st', 'ünlock', '../up', 'a/b'])('"%s" cannot be a name', (name) => {
  expect(() => newCommand(name, dir)).toThrow(/cannot name a bundle/);
  expect(listBundles(dir)).toEqual([]);
});

test('a taken name is taken under any number, and one that ends alike is not', () => {
  mkdirSync(join(dir, 'FM_004_stuck_queue'));
  expect(() => newCommand('stuck queue', dir)).toThrow(/exists already: FM_004_stuck_queue/);
  expect(newCommand('queue', dir).id).toBe('FM_005_queue');
});
