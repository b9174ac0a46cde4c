/** The set-up script's own words: what it says, where it says it, and how it exits. Installs nothing. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const scratch = mkdtempSync(path.join(tmpdir(), 'lab-script-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Answer {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

function run(clone: string, args: readonly string[], env: Record<string, string> = {}): Answer {
  const result = spawnSync('/bin/sh', [path.join(clone, 'scripts/lab'), ...args], {
    cwd: scratch,
    encoding: 'utf8',
    env: { ...process.env, LAB_CACHE: path.join(scratch, 'cache'), ...env },
  });
  return { exitCode: result.status, output: result.stdout, errors: result.stderr };
}

/** A folder of programs, each a line of sh: the whole PATH of a pretended machine, beside the shell's own tools. */
function programs(name: string, lines: Record<string, string>): string {
  const folder = path.join(scratch, name);
  mkdirSync(folder, { recursive: true });
  for (const [program, line] of Object.entries(lines)) {
    writeFileSync(path.join(folder, program), `#!/bin/sh\n${line}\n`);
    chmodSync(path.join(folder, program), 0o755);
  }
  return folder;
}

/** A clone in which everything is in place already; its `fm` tells what it was given. */
function readyClone(): string {
  const clone = path.join(scratch, 'ready');
  cpSync(path.join(root, 'scripts'), path.join(clone, 'scripts'), { recursive: true });
  cpSync(path.join(root, 'pnpm-lock.yaml'), path.join(clone, 'pnpm-lock.yaml'));
  const modules = path.join(clone, 'node_modules');
  mkdirSync(path.join(modules, '.pnpm'), { recursive: true });
  cpSync(path.join(root, 'pnpm-lock.yaml'), path.join(modules, '.pnpm/lock.yaml'));
  writeFileSync(path.join(modules, '.modules.yaml'), '');
  programs('ready/node_modules/node/bin', { node: '' });
  programs('ready/node_modules/.bin', { fm: 'printf \'{"arguments":"%s"}\' "$*"; exit 2' });
  return clone;
}

const everything = programs('everything', {
  pnpm: 'printf "pnpm %s in %s" "$*" "$(pwd)"; exit 1',
  'rabbitmq-server': '',
  'redis-server': '',
  'toxiproxy-server': '',
});

describe('arguments', () => {
  test.each([{ args: [] }, { args: ['frobnicate'] }, { args: ['setup', '--everything'] }])(
    'answers $args with the usage on standard error and exit 64',
    ({ args }) => {
      const answer = run(root, args);
      expect(answer).toMatchObject({ exitCode: 64, output: '' });
      expect(answer.errors).toContain('usage: ./scripts/lab fm');
    },
  );

  test('names the command it does not know', () => {
    expect(run(root, ['frobnicate']).errors).toContain('unknown command: frobnicate');
  });

  test('answers --help on standard output', () => {
    const answer = run(root, ['--help']);
    expect(answer).toMatchObject({ exitCode: 0, errors: '' });
    expect(answer.output).toContain('usage: ./scripts/lab fm');
  });
});

describe('a machine where everything is in place', () => {
  const clone = readyClone();
  const env = { PATH: `${everything}:/usr/bin:/bin` };

  test('hands fm its arguments, its output and its exit code, and adds not a word', () => {
    expect(run(clone, ['fm', '001', '--json'], env)).toEqual({
      exitCode: 2,
      output: '{"arguments":"001 --json"}',
      errors: '',
    });
  });

  test('runs the tests from the root of the clone', () => {
    expect(run(clone, ['test', '--project', 'unit'], env)).toEqual({
      exitCode: 1,
      output: `pnpm test --project unit in ${clone}`,
      errors: '',
    });
  });

  test('sees that a lockfile changed, and says what it installs before it fails', () => {
    const stale = path.join(scratch, 'stale');
    cpSync(clone, stale, { recursive: true });
    writeFileSync(path.join(stale, 'pnpm-lock.yaml'), 'changed');
    const node = programs('old-node', { node: 'case $1 in -v) echo v16.0.0 ;; *) exit 1 ;; esac' });
    const answer = run(stale, ['fm', '001'], { PATH: `${node}:${everything}:/usr/bin:/bin` });
    expect(answer).toMatchObject({ exitCode: 3, output: '' });
    expect(answer.errors).toContain('Node.js v16.0.0 is too old');
  });

  test('takes up an installation that was cut off', () => {
    const cutOff = path.join(scratch, 'cut-off');
    cpSync(clone, cutOff, { recursive: true });
    mkdirSync(path.join(cutOff, '.lab'));
    writeFileSync(path.join(cutOff, '.lab/installing-packages'), '');
    const pnpm = programs('pnpm-alone', {
      pnpm: 'case $1 in --version) echo 12.21.0 ;; install) echo "installs: $*" ;; esac',
      node: 'exit 0',
    });
    const answer = run(cutOff, ['fm', '001'], { PATH: `${pnpm}:${everything}:/usr/bin:/bin` });
    expect(answer).toMatchObject({ exitCode: 2, output: '{"arguments":"001"}' });
    expect(answer.errors).toContain('npm packages of pnpm-lock.yaml: done');
    // The second call finds nothing to do.
    expect(run(cutOff, ['fm', '001'], env).errors).toBe('');
  });
});

describe('what cannot be installed', () => {
  test('ends with the log, the next command and exit 3, and stays to be repaired', () => {
    const clone = path.join(scratch, 'offline');
    cpSync(readyClone(), clone, { recursive: true });
    writeFileSync(path.join(clone, 'pnpm-lock.yaml'), 'changed');
    const offline = programs('offline-programs', {
      pnpm: 'case $1 in --version) echo 12.21.0 ;; *) echo "ENOTFOUND registry" >&2; exit 1 ;; esac',
      node: 'exit 0',
    });
    const env = { PATH: `${offline}:${everything}:/usr/bin:/bin` };
    const answer = run(clone, ['fm', '001'], env);
    expect(answer).toMatchObject({ exitCode: 3, output: '' });
    expect(answer.errors).toContain('| ENOTFOUND registry');
    expect(answer.errors).toContain('next: ./scripts/lab fm 001');
    // What is half done is not taken for done.
    writeFileSync(
      path.join(clone, 'node_modules/.pnpm/lock.yaml'),
      'changed', // as if pnpm had come that far
    );
    expect(run(clone, ['fm', '001'], env).exitCode).toBe(3);
  });
});
