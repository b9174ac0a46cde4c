/**
 * The whole of FM_001, both transports, on each of the three runtimes as a user chooses it. Containers and the compose stack
 * need an engine and images; `./scripts/lab setup --containers`, and CI, see to that.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { doctor } from '@lab/brokers';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { TestLab } from './testing/fm.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** What docker, compose and the lab must be told alike. */
const engineEnvironment: Record<string, string> = {
  LAB_IMAGE_RABBITMQ: 'reliability-lab/rabbitmq:local',
  LAB_IMAGE_REDIS: 'reliability-lab/redis:local',
  LAB_IMAGE_TOXIPROXY: 'reliability-lab/toxiproxy:local',
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^(DOCKER_|LAB_IMAGE_)/.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  ),
};

let lab: TestLab;
beforeEach(() => {
  lab = new TestLab(engineEnvironment);
});
afterEach(async () => {
  await lab.fm(['down']);
  lab[Symbol.dispose]();
});

interface Result {
  readonly verdict: string;
  readonly run: { readonly runtime: string; readonly faultsBy: string };
  readonly cells: readonly unknown[];
}

async function prove(...words: string[]): Promise<Result> {
  const { code, stdout, stderr } = await lab.fm(['001', '--json', ...words]);
  expect(code, stderr).toBe(0);
  expect(lab.sessions()).toEqual([]);
  return JSON.parse(stdout) as Result; // the document's schema is tested in the report package
}

test('local processes prove FM_001', async () => {
  const { verdict, run, cells } = await prove('--runtime', 'local');
  expect({ verdict, runtime: run.runtime, cells: cells.length }).toEqual({
    verdict: 'proven',
    runtime: 'local',
    cells: 20,
  });
});

const containersUsable = (await doctor()).checks
  .filter(({ runtime }) => runtime === 'containers')
  .every(({ state }) => state === 'ok');

describe.each(containersUsable ? ['an engine and its images'] : [])('with %s', () => {
  test('containers prove FM_001', async () => {
    const { verdict, run } = await prove('--runtime', 'containers');
    expect({ verdict, runtime: run.runtime }).toEqual({ verdict: 'proven', runtime: 'containers' });
    expect(run.faultsBy).toMatch(/^toxiproxy/);
  });

  test("the compose stack proves FM_001 when attached, and keeps what is not the lab's", async () => {
    compose('up', '--detach', '--wait');
    try {
      const redis = new Redis({ host: '127.0.0.1', port: 21_479, lazyConnect: true });
      await redis.connect();
      await redis.set('theirs', 'intact');
      const { verdict, run } = await prove('--attach');
      expect({ verdict, runtime: run.runtime }).toEqual({ verdict: 'proven', runtime: 'attached' });
      expect(await redis.keys('*')).toEqual(['theirs']);
      expect(await redis.get('theirs')).toBe('intact');
      redis.disconnect();
      expect(vhosts()).toEqual(['/']);
    } finally {
      compose('down', '--volumes');
    }
  });
});

function compose(...words: string[]): void {
  execFileSync('docker', ['compose', ...words], {
    cwd: root,
    env: { ...process.env, ...engineEnvironment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** As the broker itself lists them. */
function vhosts(): string[] {
  const listed = execFileSync(
    'docker',
    [
      'compose',
      'exec',
      '-T',
      'rabbitmq',
      'rabbitmqctl',
      'list_vhosts',
      '--silent',
      '--no-table-headers',
    ],
    { cwd: root, env: { ...process.env, ...engineEnvironment }, encoding: 'utf8' },
  );
  return listed.split('\n').filter(Boolean);
}
