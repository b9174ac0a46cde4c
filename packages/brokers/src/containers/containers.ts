/**
 * The `containers` runtime: testcontainers starts the three servers side by side on a network of the session's
 * own. Clearing up is the lab's: every container carries the session's label, so that the next run or `fm down`
 * finds it after a SIGKILL; the reaper image, which would do the same, need not be pulled.
 */
import { randomBytes } from 'node:crypto';
import { connect, isIP } from 'node:net';

import type { StartedTestContainer } from 'testcontainers';
import { z } from 'zod';

import type { BrokerControl, Endpoint, ToxiproxyServer } from '../brokers.ts';
import type { BrokerAddresses } from '../connect.ts';
import { EnvironmentError } from '../environment-error.ts';
import { reservePort } from '../local/ports.ts';
import { toxiproxyVersionAt } from '../local/toxiproxy.ts';
import { openManagement } from '../management.ts';
import { askRedis, infoField } from '../redis-probe.ts';
import type { Session } from '../session.ts';
import { containerControl } from './control.ts';
import type { Engine } from './engine.ts';
import type { ImagePart } from './images.ts';
import { chooseImages } from './images.ts';
import { removeLabelled, sessionLabel } from './leftovers.ts';
import { createNetwork } from './network.ts';

export interface StartedContainers {
  readonly addresses: BrokerAddresses;
  readonly control: BrokerControl;
  readonly stop: () => Promise<void>;
}

/** How many proxies can be reached where only published ports can: a grid uses some forty at once. */
const proxyPortsMax = 64;
const firstProxyPort = 21_500;
const username = 'lab';

/** @throws EnvironmentError when an image can be neither found nor pulled. */
export async function startContainers(
  engine: Engine,
  session: Session,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<StartedContainers> {
  const images = await chooseImages(engine);
  for (const { image, here } of Object.values(images)) if (!here) say(`pulling ${image}`);
  session.register({ kind: 'containers' });
  const stop = async (): Promise<void> => void (await removeLabelled(session.id));
  let starting: Promise<unknown> = Promise.resolve();
  try {
    const network = await createNetwork(engine, session.id);
    const launch = await launcher(engine, session, network);
    const secret = randomBytes(12).toString('hex');
    const image = (part: ImagePart): string => images[part].image;
    const servers = Promise.all([
      launch.rabbitmq(image('rabbitmq'), secret),
      launch.redis(image('redis')),
      launch.toxiproxy(image('toxiproxy')),
    ]);
    starting = servers;
    const [rabbitmq, redis, first] = await abortable(servers, signal);
    const { toxiproxy, ports } = await reachableToxiproxy(engine, first, network, () =>
      launch.toxiproxy(image('toxiproxy'), proxyPortsMax),
    );
    const addresses = await addressesOf({ rabbitmq, redis, secret, toxiproxy, ports });
    return { addresses, control: containerControl(addresses, rabbitmq, redis), stop };
  } catch (error) {
    // Whatever was still on its way is waited for, then everything is removed.
    await stop();
    await Promise.allSettled([starting]);
    await stop();
    if (signal?.aborted === true) throw error;
    throw asEnvironmentError(error, engine);
  }
}

interface Launcher {
  rabbitmq(image: string, secret: string): Promise<StartedTestContainer>;
  redis(image: string): Promise<StartedTestContainer>;
  /** @param published how many proxy ports to publish on the host; none by default. */
  toxiproxy(image: string, published?: number): Promise<StartedTestContainer>;
}

async function launcher(engine: Engine, session: Session, network: string): Promise<Launcher> {
  // Loaded only here: it takes half a second that other runtimes need not spend.
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers');
  const { host } = (await getContainerRuntimeClient()).info.containerRuntime;
  const publishedOn = engine.isLocal ? addressOf(host) : undefined;

  class LabContainer extends GenericContainer {
    /** Publishes on the one address that is dialled from here: loopback, or the engine's bridge from inside a container. */
    protected override beforeContainerCreated(): Promise<void> {
      const bindings: Record<string, { HostIp?: string }[]> = this.hostConfig.PortBindings ?? {};
      for (const binding of Object.values(bindings).flat()) {
        if (publishedOn !== undefined) binding.HostIp = publishedOn;
      }
      return Promise.resolve();
    }
  }
  const container = (image: string, alias: string): InstanceType<typeof LabContainer> =>
    new LabContainer(image)
      .withAutoCleanup(false)
      .withLabels({ [sessionLabel]: session.id })
      .withNetworkMode(network)
      .withNetworkAliases(alias)
      .withStartupTimeout(90_000);

  // A port that the engine picks changes with every restart of the container; one that is told stays.
  const fixed = async (inside: number): Promise<{ container: number; host: number }> => ({
    container: inside,
    host: await reservePort(session),
  });

  return {
    rabbitmq: async (image, secret) =>
      container(image, 'rabbitmq')
        .withExposedPorts(await fixed(5672), await fixed(15_672))
        .withEnvironment({ RABBITMQ_DEFAULT_USER: username, RABBITMQ_DEFAULT_PASS: secret })
        .withWaitStrategy(
          Wait.forHttp('/api/overview', 15_672)
            .withBasicCredentials(username, secret)
            .forStatusCode(200)
            .withReadTimeout(1000),
        )
        .start(),
    redis: async (image) =>
      container(image, 'redis')
        .withExposedPorts(await fixed(6379))
        .withCommand(['redis-server', '--save', '', '--appendonly', 'no'])
        .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
        .start(),
    toxiproxy: (image, published = 0) =>
      container(image, 'toxiproxy')
        .withExposedPorts(
          8474,
          ...Array.from({ length: published }, (_, index) => firstProxyPort + index),
        )
        .withWaitStrategy(Wait.forHttp('/version', 8474).forStatusCode(200))
        .start(),
  };
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
      ports: Array.from({ length: proxyPortsMax }, (_, index) => ({
        container: firstProxyPort + index,
        host: toxiproxy.getMappedPort(firstProxyPort + index),
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

/** @returns the numeric address, or undefined for a name that only the engine's side could resolve. */
function addressOf(host: string): string | undefined {
  if (host === 'localhost') return '127.0.0.1';
  return isIP(host) === 0 ? undefined : host;
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

function asEnvironmentError(error: unknown, engine: Engine): unknown {
  const text = error instanceof Error ? error.message : String(error);
  if (!/pull|no such image|manifest|registry/i.test(text)) return error;
  return new EnvironmentError(
    {
      what: 'an image can be neither found nor pulled',
      where: engine.address,
      why: text,
      next: './scripts/lab setup --containers, or name images by LAB_IMAGE_RABBITMQ, LAB_IMAGE_REDIS, LAB_IMAGE_TOXIPROXY',
    },
    { cause: error },
  );
}
