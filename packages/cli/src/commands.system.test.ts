/** The commands that need no brokers, as their user calls them. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, describe, expect, test } from 'vitest';

import { TestLab } from './testing/fm.ts';

const lab = new TestLab();
afterAll(() => lab[Symbol.dispose]());

describe('usage ends with 64 and says what was meant', () => {
  test.each([
    [['001', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    [['list', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    [['lst'], /no failure mode or command "lst"; did you mean "list"\?/],
    [['duplicate-delivry'], /did you mean "duplicate-delivery"\?/],
    [['0011'], /did you mean "001"\?/],
    [['explain', '999'], /no failure mode or command "999"/],
    [['001', '--seed', 'x'], /expected a whole number, got "x"/],
    [['001', '--repeat', '0'], /expected at least 1/],
    [['001', '--timeout', '3h'], /expected a duration such as 30s or 500ms, got "3h"/],
    [['001', '--transport', 'kafka'], /Allowed choices are rabbitmq, bullmq, all/],
    [['001', '--reporter', 'html'], /expected one of pretty, json, junit/],
    [['001', '--json', '--ndjson'], /cannot be used with option/],
    [
      ['001', '--cell', 'nowhere'],
      /no cell of the grid was selected; the grid has: rabbitmq\/contr/,
    ],
    [['check', 'nowhere'], /nowhere: no run lies there/],
    [['new', '1st'], /cannot name a bundle/],
  ])('fm %j', async (words, message) => {
    const { code, stdout, stderr } = await lab.fm(words);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });

  test('bare fm without a terminal prints help', async () => {
    const { code, stdout, stderr } = await lab.fm([]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/^Usage: fm /);
    for (const word of ['list', 'explain', 'check', 'new', 'up', 'down', 'doctor', 'Exit codes']) {
      expect(stderr).toContain(word);
    }
  });
});

test('help that is asked for goes to standard output and ends with 0', async () => {
  const { code, stdout } = await lab.fm(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('LAB_FAILURE_MODES');
});

test('fm list tells every bundle, for people and for machines', async () => {
  const { stdout: text, code } = await lab.fm(['list']);
  expect(code).toBe(0);
  expect(text).toMatch(/^001 {2}Retry duplication/);
  expect(text).toContain('pnpm fm 001');
  const { stdout } = await lab.fm(['list', '--json']);
  expect((JSON.parse(stdout) as unknown[])[0]).toMatchObject({
    id: 'FM_001_duplicate_delivery',
    breaks: 'INV_001',
    transports: ['rabbitmq', 'bullmq'],
  });
});

test.each(['001', '1', 'FM-001', 'duplicate-delivery'])(
  'fm explain %s prints the spec',
  async (id) => {
    const { code, stdout } = await lab.fm(['explain', id]);
    expect(code).toBe(0);
    expect(stdout).toContain('## Trigger');
  },
);

test('fm doctor says what is there, for people and for machines', async () => {
  const [text, json] = await Promise.all([lab.fm(['doctor']), lab.fm(['doctor', '--json'])]);
  expect(text.stdout).toMatch(/READY/);
  expect(text.stdout).toContain('rabbitmq-server');
  const report = JSON.parse(json.stdout) as { usable: boolean; checks: { name: string }[] }; // its own document
  expect(report.checks.map(({ name }) => name)).toContain('redis-server');
  expect(json.code).toBe(report.usable ? 0 : 3);
  expect(text.code).toBe(json.code);
});

test('nothing that answers where it is told to attach ends with 3, and says the next step', async () => {
  const urls = ['--attach', 'amqp://guest:guest@127.0.0.1:1', '--redis', 'redis://127.0.0.1:1'];
  const { code, stderr, stdout } = await lab.fm(['001', '--record', lab.runs, ...urls]);
  expect(code).toBe(3);
  expect(stderr).toMatch(/^fm: no RabbitMQ answers .*ECONNREFUSED.* Next: /m);
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^again pnpm fm 001 --record/);
  expect(lab.sessions()).toEqual([]);
});

test('a bundle that is none is a bug, ends with 70 and shows the stack', async () => {
  const bundles = join(lab.directory, 'broken');
  mkdirSync(join(bundles, 'FM_001_broken'), { recursive: true });
  writeFileSync(join(bundles, 'FM_001_broken', 'scenario.ts'), 'export default {};\n');
  const { code, stderr } = await lab.fm(['1'], { LAB_FAILURE_MODES: bundles });
  expect(code).toBe(70);
  expect(stderr).toMatch(/a bug in the lab.*\nError: .*FM_001_broken.*expected a default export/);
});

test('fm down has nothing to do where nothing is', async () => {
  const { code, stdout } = await lab.fm(['down']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'no brokers were kept warm\n' });
});

test('a reader that goes away is no error', async () => {
  const shell = promisify(execFile);
  const { stdout, stderr } = await shell(
    'sh',
    ['-c', `"${process.execPath}" "$0" explain 001 | head -1`, join(import.meta.dirname, 'fm.ts')],
    { env: { ...lab.environment } },
  );
  expect(stdout.split('\n')).toHaveLength(2);
  expect(stderr).toBe('');
});

test('the bin is fm itself: nothing is printed around its output, its exit code is passed on', async () => {
  const bin = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.bin');
  expect(readdirSync(bin)).toContain('fm');
  const shell = promisify(execFile);
  const options = { env: { ...lab.environment }, cwd: join(bin, '..', '..') };
  const { stdout } = await shell('pnpm', ['fm', 'list', '--json'], options);
  expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  await expect(shell('pnpm', ['fm', 'lst'], options)).rejects.toMatchObject({ code: 64 });
});
