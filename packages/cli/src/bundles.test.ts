import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { listBundles, loadBundle, resolveBundle } from './bundles.ts';
import { UsageError } from './exit-code.ts';

const bundles = ['FM_001_duplicate_delivery', 'FM_002_retry_storm', 'FM_012_lost_update'];
const commands = ['list', 'explain', 'check', 'new', 'up', 'down', 'doctor'];

function folder(entries: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'reliability-lab-bundles-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, scenario] of Object.entries(entries)) {
    mkdirSync(join(dir, name));
    writeFileSync(join(dir, name, 'scenario.ts'), scenario);
  }
  return dir;
}

describe('resolveBundle', () => {
  test.each([
    '1',
    '01',
    '001',
    'FM-001',
    'FM_001',
    'fm-1',
    'duplicate-delivery',
    'duplicate_delivery',
    'Duplicate-Delivery',
    '001-duplicate-delivery',
    'FM_001_duplicate_delivery',
  ])('finds FM_001 by %s', (word) => {
    expect(resolveBundle(word, bundles)).toBe('FM_001_duplicate_delivery');
  });

  test('1 is not 12, and 12 is', () => {
    expect(resolveBundle('12', bundles)).toBe('FM_012_lost_update');
  });

  test.each([
    ['lst', 'list'],
    ['chekc', 'check'],
    ['doctr', 'doctor'],
    ['0001x', '001'],
    ['retry-strom', 'retry-storm'],
    ['FM_001_duplicate_delivry', 'FM_001_duplicate_delivery'],
  ])('%s is answered with "did you mean %s"', (word, meant) => {
    expect(() => resolveBundle(word, bundles, commands)).toThrow(
      new UsageError(
        `no failure mode or command "${word}"; did you mean "${meant}"? See: pnpm fm list`,
      ),
    );
  });

  test.each(['9', 'entirely-else', ''])('for "%s" nothing is near enough to suggest', (word) => {
    expect(() => resolveBundle(word, bundles, commands)).toThrow(/^[^?]*"[^?]*See: pnpm fm list$/);
  });
});

test('bundles are the folders named like one, in order of their numbers', () => {
  const dir = folder({ FM_010_b: '', FM_002_a: '', node_modules: '', FM_3_short: '' });
  writeFileSync(join(dir, 'FM_004_a_file'), '');
  expect(listBundles(dir)).toEqual(['FM_002_a', 'FM_010_b']);
});

test('a scenario must export the failure mode of its folder', async () => {
  const dir = folder({ FM_002_a: "export default { id: 'FM_002_b' };", FM_003_c: '' });
  await expect(loadBundle('FM_002_a', dir)).rejects.toThrow(/id "FM_002_a", got "FM_002_b"/);
  await expect(loadBundle('FM_003_c', dir)).rejects.toThrow(/id "FM_003_c", got undefined/);
});
