/** The storm benchmark as its user runs it, on real brokers: a small one to its end, and one that is interrupted. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { stormResultSchema, type StormResult } from '@lab/storm';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { TestLab } from '../testing/fm.ts';
import { warmBrokers, type WarmBrokers } from '../testing/warm-brokers.ts';

let brokers: WarmBrokers;
beforeAll(async () => {
  brokers = await warmBrokers();
});
afterAll(async () => {
  if ((brokers as WarmBrokers | undefined) === undefined) return; // it did not come up: that is the error to see
  await brokers.down();
  brokers.lab[Symbol.dispose]();
});

const small = [
  'bench',
  'storm',
  '--profile',
  'demo',
  '--policies',
  'immediate,bounded-queue-reject',
];

function resultIn(directory: string): StormResult {
  return stormResultSchema.parse(
    JSON.parse(readFileSync(join(directory, 'storm-result.json'), 'utf8')),
  );
}

function runFolder(lab: TestLab): string {
  const name = readdirSync(lab.runs).find((entry) => entry.endsWith('-storm-demo'));
  if (name === undefined) throw new Error(`no run of a storm in ${lab.runs}`);
  return join(lab.runs, name);
}

test('measures a collapse and a recovery side by side and leaves document, table and page', async () => {
  using lab = new TestLab(brokers.attach);
  const out = join(lab.directory, 'out');
  const { code, stdout, stderr } = await lab.fm([...small, '--record', lab.runs, '--out', out]);
  expect([0, 2], stderr).toContain(code); // 2 where this machine was too busy for a gate
  const result = resultIn(out);
  expect(code === 0 || result.cells.some(({ valid }) => !valid)).toBe(true);
  expect(result.cells.map(({ ending }) => ending)).toEqual(Array(4).fill('completed'));
  expect(result.interrupted).toBe(false);
  const immediate = result.cells.find(({ id }) => id === 'policies/immediate/s1');
  expect(immediate?.measured?.verdict).toBe('stuck');
  expect(immediate?.trigger.applied).toContain('state T of pid');
  expect(stdout).toMatch(/immediate: not back \d+ s after the stall was over/);
  expect(stdout).not.toContain('the collapse stayed');
  expect(stdout).toContain('predicted by law');
  expect(stdout).toContain('page   out/storm.html'); // as the user would type it
  const rows = readFileSync(join(out, 'storm.csv'), 'utf8').trimEnd().split('\n');
  expect(rows.filter((row) => row.includes('policies/'))).not.toEqual([]);
  expect(readFileSync(join(out, 'storm.html'), 'utf8')).toMatch(/^<!doctype html>/i);

  const same = await lab.fm(['bench', 'storm', '--compare', out, out]);
  expect(same.stdout).toContain('measured under the same conditions');
  expect([0, 2]).toContain(same.code); // 2 where no cell counts
});

test('heals, ends and writes what was measured when it is interrupted', async () => {
  using lab = new TestLab(brokers.attach);
  const fm = lab.start([...small, '--json', '--record', lab.runs]); // all that is said is on standard error
  await fm.says('pause server');
  fm.kill('SIGINT');
  const { code, stdout, stderr } = await fm.ended;
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('SIGINT: healing faults and ending processes');
  expect(stderr).toMatch(/INTERRUPTED after 0 of 4 cells/);
  const folder = runFolder(lab);
  expect(resultIn(folder)).toMatchObject({ interrupted: true, planned: 4, cells: [] });
  expect(stormResultSchema.parse(JSON.parse(stdout)).interrupted).toBe(true);
  expect(existsSync(join(folder, 'storm.html'))).toBe(true);
  expect(lab.sessions()).toEqual([]);
});

test.each([
  [['--policies', 'imediate'], /no policy is named "imediate"; there are: none, immediate/],
  [['--trigger', 'restart'], /kills RabbitMQ/],
  [['--compare', 'nowhere', 'nothing'], /nowhere: nothing lies there/],
  [['--compare', 'nowhere'], /--compare takes two results, got 1/],
])('%j ends with 64 before a broker is asked', async (words, message) => {
  using lab = new TestLab(brokers.attach);
  const { code, stderr } = await lab.fm(['bench', 'storm', ...words, '--attach']);
  expect(stderr).toMatch(message);
  expect(code).toBe(64);
});
