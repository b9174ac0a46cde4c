import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import amqp from 'amqplib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { until } from '../condition.ts';
import { connect } from '../connect.ts';
import type { Brokers } from '../index.ts';
import { down, memoryAlarm, openSession, provision, restart, sweep, up } from '../index.ts';
import type { OwnState } from '../testing/state.ts';
import { ownState } from '../testing/state.ts';
import { readWarm } from '../warm.ts';
import { startContainers } from './containers.ts';
import type { Engine } from './engine.ts';
import { findEngine } from './engine.ts';
import { chooseImages, workspaceRoot } from './images.ts';
import { sessionLabel } from './leftovers.ts';

const run = promisify(execFile);

let state: OwnState;
beforeEach(() => {
  state = ownState();
});
afterEach(() => state[Symbol.asyncDispose]());

it('says how to get an engine where none answers', async () => {
  const before = process.env['DOCKER_HOST'];
  process.env['DOCKER_HOST'] = 'unix:///nonexistent/docker.sock';
  const session = openSession();
  try {
    await expect(provision({ session, runtime: 'containers' })).rejects.toThrow(
      /no container engine answers.*scripts\/lab setup --containers/,
    );
  } finally {
    if (before === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = before;
    await session.end();
  }
});

interface UsableEngine {
  readonly engine: Engine;
  readonly address: string;
  readonly images: Awaited<ReturnType<typeof chooseImages>>;
}

/** One or none: where nothing would have to be pulled. The set-up with --containers, and CI, see to that. */
async function usableEngines(): Promise<UsableEngine[]> {
  const engine = await findEngine();
  if (engine === null) return [];
  const images = await chooseImages(engine);
  const here = Object.values(images).every((image) => image.here);
  return here ? [{ engine, address: engine.address, images }] : [];
}

/** One or none: where docker compose is installed as well. */
async function usableComposes(): Promise<UsableEngine[]> {
  try {
    await run('docker', ['compose', 'version']);
    return await usableEngines();
  } catch {
    return [];
  }
}

describe.each(await usableEngines())('on the container engine at $address', ({ engine }) => {
  const labelled = async (kind: 'containers/json?all=1&' | 'networks?', id: string) => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`${sessionLabel}=${id}`] }));
    const { body } = await engine.request('GET', `/${kind}filters=${filters}`);
    return (body as unknown[]).length; // Docker Engine API: both are lists
  };
  const left = async (id: string): Promise<number> =>
    (await labelled('containers/json?all=1&', id)) + (await labelled('networks?', id));

  it('runs RabbitMQ, Redis and a Toxiproxy that reaches both, and leaves nothing', async () => {
    const session = openSession();
    const brokers = await provision({ session, runtime: 'containers' });
    expect(brokers.versions['rabbitmq']).toMatch(/^4\./);
    expect(brokers.versions['redis']).toMatch(/^8\./);
    expect(await labelled('containers/json?all=1&', session.id)).toBe(3);
    expect((await sweep()).sessions).toBe(0); // its owner lives

    await dialThroughToxiproxy(brokers, 40);
    const alarm = memoryAlarm(brokers);
    await alarm.inject();
    expect(await alarm.isHealed()).toBe(false);
    await alarm.heal();
    await restart(brokers, 'redis').inject();
    await restart(brokers, 'rabbitmq').inject();
    await dialThroughToxiproxy(brokers, 1); // at the same addresses

    await brokers[Symbol.asyncDispose]();
    expect(await left(session.id)).toBe(0);
    await session.end();
  });

  it('publishes ports for proxies where an address in the engine cannot be dialled', async () => {
    const session = openSession();
    const elsewhere = { ...engine, isLocal: false }; // as Docker Desktop and remote engines are
    const started = await startContainers(elsewhere, session, () => undefined);
    const brokers = connect({ ...started, session, warm: false, why: 'test' });
    expect(brokers.toxiproxy?.ports).toHaveLength(64);
    await dialThroughToxiproxy(brokers, 64);
    await brokers[Symbol.asyncDispose]();
    expect(await left(session.id)).toBe(0);
    await session.end();
  });

  it('keeps containers warm between runs, and ends them when told to', async () => {
    expect(await up({ runtime: 'containers' })).toMatchObject({ runtime: 'containers' });
    const session = openSession();
    const brokers = await provision({ session });
    expect(brokers).toMatchObject({ runtime: 'containers', warm: true });
    await dialThroughToxiproxy(brokers, 1);
    await brokers[Symbol.asyncDispose]();
    await session.end();
    const owner = readWarm(state.directory)?.session ?? '';
    expect(await labelled('containers/json?all=1&', owner)).toBe(3);
    expect(await down()).toMatchObject({ sessions: 1, left: [] });
    expect(await left(owner)).toBe(0);
  });

  it('leaves nothing when it is aborted while the containers start', async () => {
    const session = openSession();
    const abort = new AbortController();
    const attempt = provision({ session, runtime: 'containers', signal: abort.signal });
    const seen = attempt.catch((error: unknown) => error);
    await until({ condition: 'a container is there', limitMs: 60_000 }, async () =>
      (await labelled('containers/json?all=1&', session.id)) > 0 ? true : undefined,
    );
    abort.abort(new Error('the user wants to stop'));
    expect(await seen).toEqual(new Error('the user wants to stop'));
    expect(await left(session.id)).toBe(0);
    await session.end();
  });
});

describe.each(await usableComposes())('with docker compose at $address', ({ images }) => {
  const compose = (...words: string[]): Promise<{ readonly stdout: string }> =>
    run('docker', ['compose', ...words], {
      cwd: workspaceRoot(),
      env: {
        ...process.env,
        LAB_IMAGE_RABBITMQ: images.rabbitmq.image,
        LAB_IMAGE_REDIS: images.redis.image,
        LAB_IMAGE_TOXIPROXY: images.toxiproxy.image,
      },
    });

  it('attaches to the compose stack as it is', async () => {
    await compose('up', '--detach', '--wait');
    try {
      const session = openSession();
      const brokers = await provision({ session, attach: {} });
      expect(brokers).toMatchObject({ runtime: 'attached', warm: false });
      await dialThroughToxiproxy(brokers, 40);
      await brokers[Symbol.asyncDispose]();
      await session.end();
    } finally {
      await compose('down', '--volumes');
    }
  });

  it('may be asked for its health before the server has begun, and comes up all the same', async () => {
    const { stdout } = await compose('config', '--format', 'json');
    const { services } = JSON.parse(stdout) as {
      services: { rabbitmq: { healthcheck: { test: [string, ...string[]] } } };
    }; // as docker-compose.yml says it
    const [kind, ...check] = services.rabbitmq.healthcheck.test;
    const words = kind === 'CMD-SHELL' ? ['sh', '-c', ...check] : check;
    await compose('up', '--detach', 'rabbitmq');
    try {
      const healthy = until({ condition: 'RabbitMQ is healthy', limitMs: 60_000 }, () =>
        compose('exec', '--no-TTY', 'rabbitmq', ...words).then(
          () => true,
          () => undefined, // not yet; or never, when the server has ended
        ),
      );
      expect(await healthy).toBe(true);
    } finally {
      await compose('down', '--volumes');
    }
  });
});

/** Opens so many proxies to RabbitMQ at once, as links do, and speaks AMQP through each. */
async function dialThroughToxiproxy(brokers: Brokers, count: number): Promise<void> {
  const { rabbitmq, toxiproxy } = brokers;
  if (toxiproxy === null) throw new Error('there is no Toxiproxy');
  const vhost = await rabbitmq.createVhost(`through-${count}-${Date.now()}`);
  const request = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(`${toxiproxy.apiUrl}/proxies${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.ok).toBe(true);
    return response;
  };
  for (let index = 0; index < count; index += 1) {
    const port = toxiproxy.ports?.[index];
    const created = await request('POST', '', {
      name: `test-${index}`,
      listen: `${toxiproxy.listenHost}:${port?.container ?? 0}`,
      upstream: `${rabbitmq.fromProxy.host}:${rabbitmq.fromProxy.port}`,
      enabled: true,
    });
    const { listen } = (await created.json()) as { listen: string }; // Toxiproxy's reply
    const at =
      port === undefined
        ? { host: toxiproxy.listenHost, port: Number(listen.slice(listen.lastIndexOf(':') + 1)) }
        : { host: port.hostName ?? '127.0.0.1', port: port.host };
    const connection = await amqp.connect(vhost.url(at.host, at.port));
    await connection.close();
  }
  for (let index = 0; index < count; index += 1) await request('DELETE', `/test-${index}`);
}
