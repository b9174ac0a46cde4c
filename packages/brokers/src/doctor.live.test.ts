import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';

import { afterEach, beforeEach, expect, inject, it } from 'vitest';

import { doctor, openSession, provision, sweep } from './index.ts';
import type { OwnState } from './testing/state.ts';
import { ownState } from './testing/state.ts';

const before = { ...process.env };
let state: OwnState;
let empty: string;
beforeEach(() => {
  state = ownState();
  empty = mkdtempSync(`${tmpdir()}/empty-`);
  for (const name of Object.keys(process.env)) {
    if (/^LAB_.*_URL$/.test(name)) delete process.env[name];
  }
});
afterEach(async () => {
  Object.assign(process.env, before);
  await state[Symbol.asyncDispose]();
  rmSync(empty, { recursive: true });
});

/** No container engine, and no programs but those in fixed places. */
function bareMachine(): void {
  process.env['PATH'] = empty;
  process.env['LAB_CACHE'] = empty;
  process.env['DOCKER_HOST'] = `unix://${empty}/docker.sock`;
}

it('says for each thing that is missing which command mends it', async () => {
  bareMachine();
  const report = await doctor();
  expect(report).toMatchObject({ usable: false, runtime: null });
  const found = Object.fromEntries(report.checks.map((check) => [check.name, check]));
  expect(found['node']).toMatchObject({ state: 'ok', mend: null });
  expect(found['redis-server']).toMatchObject({ state: 'missing', mend: './scripts/lab setup' });
  expect(found['toxiproxy-server']).toMatchObject({
    state: 'optional',
    mend: './scripts/lab setup',
  });
  expect(found['container engine']).toMatchObject({ mend: './scripts/lab setup --containers' });
});

it('ends with the set-up command where no brokers are to be had', async () => {
  bareMachine();
  const session = openSession();
  await expect(provision({ session })).rejects.toThrow(
    /no brokers are to be had.*\.\/scripts\/lab setup$/,
  );
  await expect(provision({ session, runtime: 'local' })).rejects.toThrow(
    /not installed: .*redis-server/,
  );
  await session.end();
});

it('finds what runs the local brokers of these tests, with versions', async () => {
  process.env['DOCKER_HOST'] = `unix://${empty}/docker.sock`;
  const report = await doctor();
  expect(report).toMatchObject({ usable: true, runtime: 'local' });
  expect(report.why).toContain('no container engine answers');
  for (const name of ['rabbitmq-server', 'redis-server', 'erl']) {
    const check = report.checks.find((one) => one.name === name);
    expect(check?.state).toBe('ok');
    expect(check?.found).toMatch(/^\d[\d.]* at \//);
  }
});

it('attaches to brokers that the environment names, unless told otherwise', async () => {
  process.env['LAB_RABBITMQ_URL'] = inject('rabbitmqUrl');
  process.env['LAB_MANAGEMENT_URL'] = inject('managementUrl');
  process.env['LAB_REDIS_URL'] = inject('redisUrl');
  expect(await doctor()).toMatchObject({ usable: true, runtime: 'attached' });
  const session = openSession();
  const brokers = await provision({ session });
  expect(brokers).toMatchObject({ runtime: 'attached', warm: false, toxiproxy: null });
  expect(brokers.why).toContain('named by the environment');
  await brokers[Symbol.asyncDispose]();
  await expect(
    provision({ session, runtime: 'local', attach: { redis: inject('redisUrl') } }),
  ).rejects.toThrow(/both runtime local and brokers to attach to/);
  await session.end();
  expect((await sweep()).sessions).toBe(0);
});
