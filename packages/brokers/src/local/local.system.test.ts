import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import amqp from 'amqplib';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { until } from '../condition.ts';
import type { Brokers, Session } from '../index.ts';
import { down, memoryAlarm, openSession, provision, restart, sweep, up } from '../index.ts';
import { markedProcesses } from '../processes.ts';
import { startLabToKill } from '../testing/killed-lab.ts';
import { nothing, portsOf, tracesOf } from '../testing/leftovers.ts';
import type { OwnState } from '../testing/state.ts';
import { ownState } from '../testing/state.ts';
import { readWarm } from '../warm.ts';

let state: OwnState;
beforeEach(() => {
  state = ownState();
});
afterEach(() => state[Symbol.asyncDispose]());

interface Lab {
  readonly session: Session;
  readonly brokers: Brokers;
}

async function startLab(): Promise<Lab> {
  const session = openSession();
  return { session, brokers: await provision({ session, runtime: 'local' }) };
}

async function endLab({ session, brokers }: Lab): Promise<void> {
  await brokers[Symbol.asyncDispose]();
  await session.end();
}

const reservedPorts = (): string[] => readdirSync(path.join(state.directory, 'ports'));

it('runs two labs side by side, and leaves nothing of either', async () => {
  const [first, second] = await Promise.all([startLab(), startLab()]);
  const [ofFirst, ofSecond] = [portsOf(first.brokers), portsOf(second.brokers)];
  expect(new Set([...ofFirst, ...ofSecond]).size).toBe(ofFirst.length + ofSecond.length);
  // Each is a broker of its own: a vhost made in one is not in the other.
  const vhost = await first.brokers.rabbitmq.createVhost('mine');
  expect(await first.brokers.rabbitmq.listOwnVhosts()).toEqual([vhost.name]);
  expect(await second.brokers.rabbitmq.listOwnVhosts()).toEqual([]);

  const processes = markedProcesses().filter(({ session }) => session === second.session.id);
  expect(new Set(processes.map(({ part }) => part))).toEqual(
    new Set(['rabbitmq', 'redis', ...(second.brokers.toxiproxy === null ? [] : ['toxiproxy'])]),
  );
  expect(await sweep()).toEqual({ sessions: 0, removed: [], left: [] }); // both owners live

  await endLab(first);
  expect(await tracesOf(first.session, ofFirst)).toEqual(nothing);
  const connection = await amqp.connect(
    (await second.brokers.rabbitmq.createVhost('still')).directUrl,
  );
  await connection.close();
  await endLab(second);
  expect(await tracesOf(second.session, ofSecond)).toEqual(nothing);
  expect(reservedPorts()).toEqual([]);
});

it('restarts servers and raises the memory alarm on brokers of its own', async () => {
  const lab = await startLab();
  const { brokers } = lab;
  const vhost = await brokers.rabbitmq.createVhost('harm');
  const connection = await amqp.connect(vhost.directUrl);
  const blocked = new Promise((resolve) => connection.once('blocked', resolve));
  connection.on('error', () => undefined); // the restart ends it
  const closed = new Promise((resolve) => connection.once('close', resolve));
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  await channel.assertQueue('jobs');

  const alarm = memoryAlarm(brokers);
  expect(await alarm.isHealed()).toBe(true);
  expect(await alarm.inject()).toContain('alarm in effect');
  expect(await alarm.isHealed()).toBe(false);
  channel.sendToQueue('jobs', Buffer.from('held back'));
  await blocked;
  await alarm.heal();
  expect(await alarm.isHealed()).toBe(true);
  await channel.waitForConfirms();

  const again = restart(brokers, 'rabbitmq');
  expect(await again.inject()).toContain('serves again');
  expect(await again.isHealed()).toBe(true);
  await closed;
  // What was made last may be gone: RabbitMQ 3 writes definitions to disk up to two seconds late.
  const afterwards = await brokers.rabbitmq.createVhost('afterwards');
  const anew = await amqp.connect(afterwards.directUrl);
  await anew.close();

  const redis = new Redis(brokers.redis.directUrl);
  await redis.set('kept', 'no');
  redis.disconnect();
  await restart(brokers, 'redis').inject();
  const after = new Redis(brokers.redis.directUrl);
  expect(await after.exists('kept')).toBe(0);
  after.disconnect();
  const ports = portsOf(brokers);
  await endLab(lab);
  expect(await tracesOf(lab.session, ports)).toEqual(nothing);
});

it('clears the brokers of a killed lab with the next sweep, and nothing before it is dead', async () => {
  const lab = await startLabToKill('local');
  const traces = (): ReturnType<typeof tracesOf> =>
    tracesOf({ id: lab.session, directory: lab.directory }, lab.ports);
  expect((await sweep()).sessions).toBe(0);
  await lab.kill();
  expect(await traces()).toMatchObject({ directory: true, ports: lab.ports }); // they outlive their lab
  const report = await sweep();
  expect(report).toMatchObject({ sessions: 1, left: [] });
  expect(report.removed.join()).toMatch(/process \d+ rabbitmq/);
  expect(await traces()).toEqual(nothing);
  expect(reservedPorts()).toEqual([]);
});

it('leaves nothing when it is aborted while the servers start', async () => {
  const session = openSession();
  const abort = new AbortController();
  const attempt = provision({ session, runtime: 'local', signal: abort.signal });
  const seen = attempt.catch((error: unknown) => error);
  await until({ condition: "RabbitMQ's process is there", limitMs: 10_000, everyMs: 5 }, () =>
    markedProcesses().some((one) => one.session === session.id && one.part === 'rabbitmq')
      ? true
      : undefined,
  );
  abort.abort(new Error('the user wants to stop'));
  expect(await seen).toEqual(new Error('the user wants to stop'));
  expect(markedProcesses().filter((marked) => marked.session === session.id)).toEqual([]);
  await session.end();
  expect(existsSync(session.directory)).toBe(false);
});

it('keeps brokers warm between runs, and ends them when told to', async () => {
  const first = await up({ runtime: 'local' });
  expect(first).toMatchObject({ runtime: 'local', alreadyUp: false });
  expect(await up()).toMatchObject({ runtime: 'local', alreadyUp: true });
  expect((await sweep()).sessions).toBe(0);

  const session = openSession();
  const brokers = await provision({ session });
  expect(brokers).toMatchObject({ runtime: 'local', warm: true, versions: first.versions });
  expect(brokers.why).toContain('warm');
  expect(() => restart(brokers, 'rabbitmq')).toThrow(/did not start these brokers/);
  const vhost = await brokers.rabbitmq.createVhost('cell');
  const ports = portsOf(brokers);
  await brokers[Symbol.asyncDispose]();
  await session.end();
  await expect(amqp.connect(vhost.directUrl)).rejects.toThrow('ConnectionOpenOk'); // the vhost is gone

  const report = await down();
  expect(report).toMatchObject({ sessions: 1, left: [] });
  expect(report.summary).toBe('the brokers kept warm are ended');
  expect((await tracesOf(session, ports)).ports).toEqual([]);
  expect(readdirSync(path.join(state.directory, 'sessions'))).toEqual([]);
  expect((await down()).summary).toBe('no brokers were kept warm');
});

it('starts anew when brokers that were kept warm have died', async () => {
  await up({ runtime: 'local' });
  const own = readWarm(state.directory)?.session;
  const redis = markedProcesses().find((one) => one.session === own && one.part === 'redis');
  if (redis === undefined) throw new Error('no Redis was started');
  process.kill(redis.pid, 'SIGKILL');
  const said: string[] = [];
  const again = await up({ runtime: 'local', say: (line) => void said.push(line) });
  expect(said).toContain('Redis of the brokers kept warm does not answer; ending them');
  expect(again.alreadyUp).toBe(false);
  expect((await down()).sessions).toBe(1);
});
