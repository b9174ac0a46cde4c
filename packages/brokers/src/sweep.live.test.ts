import { existsSync } from 'node:fs';

import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';

import { openSession, provision, sweep } from './index.ts';
import { openManagement } from './management.ts';
import { makeForeign } from './testing/foreign.ts';
import { startLabToKill } from './testing/killed-lab.ts';
import type { OwnState } from './testing/state.ts';
import { ownState } from './testing/state.ts';

const live = {
  rabbitmq: inject('rabbitmqUrl'),
  management: inject('managementUrl'),
  redis: inject('redisUrl'),
};
const env = {
  LAB_RABBITMQ_URL: live.rabbitmq,
  LAB_MANAGEMENT_URL: live.management,
  LAB_REDIS_URL: live.redis,
};

let state: OwnState;
beforeEach(() => {
  state = ownState();
});
afterEach(() => state[Symbol.asyncDispose]());

async function vhostStatus(name: string): Promise<number> {
  using management = openManagement(live.management);
  return (await management.request('GET', `/vhosts/${name}`)).status;
}

it('clears the vhost and the keys of a killed lab from brokers that live on, and nothing else', async () => {
  await using foreign = await makeForeign(live);
  const before = await foreign.look();
  const session = openSession();
  await using living = await provision({ session, attach: live });
  const livingVhost = await living.rabbitmq.createVhost('living');

  const lab = await startLabToKill('attached', env);
  expect((await sweep()).sessions).toBe(0); // its owner lives
  expect(await vhostStatus(lab.vhost)).toBe(200);
  await lab.kill();

  const report = await sweep();
  expect(report).toMatchObject({ sessions: 1, left: [] });
  expect(report.removed).toEqual([`vhost ${lab.vhost}`, `2 keys under ${lab.prefix}`]);
  expect(await vhostStatus(lab.vhost)).toBe(404);
  expect(existsSync(lab.directory)).toBe(false);
  const redis = new Redis(live.redis);
  expect(await redis.exists(`${lab.prefix}:a`, `{${lab.prefix}}:b`)).toBe(0);
  redis.disconnect();

  expect(await vhostStatus(livingVhost.name)).toBe(200);
  expect(await foreign.look()).toEqual(before);
  expect(await sweep()).toEqual({ sessions: 0, removed: [], left: [] });
  await living[Symbol.asyncDispose]();
  await session.end();
});
