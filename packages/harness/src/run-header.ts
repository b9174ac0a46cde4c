/** What a result says of itself: versions, seed, commit, command. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { CellSpec, RunHeader } from '@lab/contract';

import type { FailureMode } from './failure-mode.ts';
import type { Laboratory } from './laboratory.ts';
import { planDigest } from './plan-cells.ts';

export function describeRun(
  lab: Laboratory,
  options: {
    mode: FailureMode;
    seed: number;
    specs: readonly CellSpec[];
    steered?: boolean;
    command: string;
  },
): RunHeader {
  const startedAt = new Date();
  const number = options.mode.id.slice('FM_'.length, 'FM_000'.length);
  const stamp = startedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return {
    id: `${stamp}-fm${number}-s${options.seed}`,
    failureMode: options.mode.id,
    title: options.mode.title,
    seed: options.seed,
    startedAt: startedAt.toISOString(),
    steered: options.steered ?? true,
    planned: options.specs.length,
    plan: { cells: options.specs.map(({ id }) => id), sha256: planDigest(options.specs) },
    ...describeLaboratory(lab),
    command: options.command,
  };
}

/** What brokers, proxies and libraries are in use, in which versions, and the commit of the lab itself. */
export function describeLaboratory({
  brokers,
  proxyServer,
}: Laboratory): Pick<RunHeader, 'runtime' | 'faultsBy' | 'versions' | 'commit'> {
  return {
    runtime: brokers.warm ? `${brokers.runtime} (warm)` : brokers.runtime,
    faultsBy:
      proxyServer.kind === 'toxiproxy' ? `toxiproxy ${proxyServer.version}` : 'embedded stand-in',
    versions: { ...brokers.versions, node: process.versions.node, ...clientVersions() },
    commit: commitInUse(),
  };
}

/** Versions of the client libraries as the worker would load them. */
function clientVersions(): Record<string, string> {
  const require = createRequire(join(import.meta.dirname, '..', '..', 'worker', 'package.json'));
  return Object.fromEntries(
    ['amqplib', 'ioredis', 'bullmq'].map((name) => [name, versionOf(require.resolve(name))]),
  );
}

function versionOf(entry: string): string {
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: string };
    if (version !== undefined) return version;
  }
  return 'unknown';
}

function commitInUse(): string {
  try {
    const dirty = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${dirty ? ' with local changes' : ''}`;
  } catch {
    return 'unknown (not a git checkout)';
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
