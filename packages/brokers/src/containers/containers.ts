/**
 * The `containers` runtime: testcontainers starts the three servers side by side on a network of the session's
 * own. Clearing up is the lab's: every container carries the session's label, so that the next run or `fm down`
 * finds it after a SIGKILL; the reaper image, which would do the same, need not be pulled.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

import type { StartedTestContainer } from 'testcontainers';
import { z } from 'zod';

import type { BrokerControl, Endpoint, ToxiproxyServer } from '../brokers.ts';
import type { BrokerAddresses } from '../connect.ts';
import { EnvironmentError } from '../environment-error.ts';
import { toxiproxyVersionAt } from '../local/toxiproxy.ts';
import { openManagement } from '../management.ts';
import { askRedis, infoField } from '../redis-probe.ts';
import type { Session } from '../session.ts';
import { containerControl } from './control.ts';
import type { Engine } from './engine.ts';
import type { ImageChoice } from './images.ts';
import { chooseImages } from './images.ts';
import { addressOf, openLauncher, pullImage } from './launch.ts';
import { removeLabelled } from './leftovers.ts';
import { createNetwork } from './network.ts';

export interface StartedContainers {
  readonly addresses: BrokerAddresses;
  readonly control: BrokerControl;
  readonly stop: () => Promise<void>;
}

/** How many proxies can be reached where only published ports can: a grid uses some forty at once. */
const proxyPorts = Array.from({ length: 64 }, (_, index) => 21_500 + index);
const username = 'lab';

/**
 * @throws EnvironmentError when an image can be neither found nor pulled.
 */
export async function startContainers(
  engine: Engine,
  session: Session,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<StartedContainers> {
  const images = await chooseImages(engine);
  await pullMissing(Object.values(images), engine, say, signal);
  session.register({ kind: 'containers' });
  const stop = async (): Promise<void> => void (await removeLabelled(session.id));
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const starting: Promise<unknown>[] = [];
  const start = (server: Promise<StartedTestContainer>): Promise<StartedTestContainer> => {
    starting.push(server);
    server.catch((error: unknown) => failed.abort(error)); // no use in waiting for the others
    return server;
  };
  try {
    const network = await createNetwork(engine, session.id);
    const launch = await openLauncher(engine, session, network, either);
    const secret = randomBytes(12).toString('hex');
    const [rabbitmq, redis, first] = await Promise.all([
      start(launch.rabbitmq(images.rabbitmq.image, username, secret)),
      start(launch.redis(images.redis.image)),
      start(launch.toxiproxy(images.toxiproxy.image, [])),
    ]);
    const { toxiproxy, ports } = await reachableToxiproxy(engine, first, network, () =>
      start(launch.toxiproxy(images.toxiproxy.image, proxyPorts)),
    );
    const addresses = await addressesOf({ rabbitmq, redis, secret, toxiproxy, ports });
    return { addresses, control: containerControl(addresses, rabbitmq, redis), stop };
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(starting); // so that none is made after the clearing
    await stop();
    throw error;
  }
}

async function pullMissing(
  images: readonly ImageChoice[],
  engine: Engine,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (const { image, here } of images) {
    if (here) continue;
    say(`pulling ${image}`);
    try {
      await abortable(pullImage(image), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw new EnvironmentError(
        {
          what: `the image ${image} is not on the engine and cannot be pulled`,
          where: engine.address,
          why: error instanceof Error ? error.message : String(error),
          next: './scripts/lab setup --containers, or name images by LAB_IMAGE_RABBITMQ, LAB_IMAGE_REDIS, LAB_IMAGE_TOXIPROXY',
        },
        { cause: error },
      );
    }
  }
}

/**
 * On Linux the container's own address can be dialled, and so can every proxy in it. Elsewhere (Docker Desktop,
 * a remote engine) only published ports can, and each costs a process of the engine's: hence second choice.
 */
async function reachableToxiproxy(
  engine: Engine,
  first: StartedTestContainer,
  network: string,
  again: () => Promise<StartedTestContainer>,
): Promise<{ toxiproxy: StartedTestContainer; ports: ToxiproxyPorts }> {
  const address = first.getIpAddress(network);
  if (engine.isLocal && (await accepts(address, 8474))) {
    return { toxiproxy: first, ports: { listenHost: address } };
  }
  await first.stop();
  const toxiproxy = await again();
  return {
    toxiproxy,
    ports: {
      listenHost: '0.0.0.0',
      ports: proxyPorts.map((port) => ({
        container: port,
        host: toxiproxy.getMappedPort(port),
        hostName: toxiproxy.getHost(),
      })),
    },
  };
}

type ToxiproxyPorts = Pick<ToxiproxyServer, 'listenHost' | 'ports'>;

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const answer = (yes: boolean) => (): void => {
      socket.destroy();
      resolve(yes);
    };
    socket
      .once('connect', answer(true))
      .once('error', answer(false))
      .once('timeout', answer(false));
  });
}

const overviewSchema = z.object({ rabbitmq_version: z.string(), erlang_version: z.string() });

async function addressesOf(started: {
  rabbitmq: StartedTestContainer;
  redis: StartedTestContainer;
  secret: string;
  toxiproxy: StartedTestContainer;
  ports: ToxiproxyPorts;
}): Promise<BrokerAddresses> {
  const managementAt = at(started.rabbitmq, 15_672);
  const managementUrl = `http://${username}:${started.secret}@${managementAt.host}:${managementAt.port}`;
  using management = openManagement(managementUrl);
  const overview = overviewSchema.parse((await management.request('GET', '/overview')).body);
  const redisAt = at(started.redis, 6379);
  const redisVersion = await askRedis({ direct: redisAt }, async (client) =>
    infoField(await client.info('server'), 'redis_version'),
  );
  const apiAt = at(started.toxiproxy, 8474);
  const apiUrl = `http://${apiAt.host}:${apiAt.port}`;
  const toxiproxyVersion = (await toxiproxyVersionAt(apiUrl)) ?? 'unknown';
  return {
    runtime: 'containers',
    rabbitmq: {
      version: overview.rabbitmq_version,
      direct: at(started.rabbitmq, 5672),
      fromProxy: { host: 'rabbitmq', port: 5672 },
      managementUrl,
      username,
      password: started.secret,
    },
    redis: {
      version: redisVersion ?? 'unknown',
      direct: redisAt,
      fromProxy: { host: 'redis', port: 6379 },
      username: '',
      password: '',
      database: 0,
    },
    toxiproxy: { apiUrl, version: toxiproxyVersion, ...started.ports },
    versions: {
      rabbitmq: overview.rabbitmq_version,
      erlang: overview.erlang_version,
      redis: redisVersion ?? 'unknown',
      toxiproxy: toxiproxyVersion,
    },
  };
}

function at(container: StartedTestContainer, port: number): Endpoint {
  const host = container.getHost();
  return { host: addressOf(host) ?? host, port: container.getMappedPort(port) };
}

function abortable<Value>(work: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error); // what the caller aborted with
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
