/** How each of the three servers is started as a container, and when it counts as started. */
import { isIP } from 'node:net';

import type { StartedTestContainer } from 'testcontainers';

import { until } from '../condition.ts';
import { reservePort } from '../local/ports.ts';
import { toxiproxyVersionAt } from '../local/toxiproxy.ts';
import { managementAnswers } from '../memory-alarm-reading.ts';
import { pingRedis } from '../redis-probe.ts';
import type { Session } from '../session.ts';
import type { Engine } from './engine.ts';
import { sessionLabel } from './leftovers.ts';

export interface Launcher {
  rabbitmq(image: string, username: string, password: string): Promise<StartedTestContainer>;
  redis(image: string): Promise<StartedTestContainer>;
  /** @param published further ports, for proxies, to publish on the host. */
  toxiproxy(image: string, published: readonly number[]): Promise<StartedTestContainer>;
}

const bootLimitMs = 90_000;

/** @param signal ends every wait; what was started by then is the caller's to remove. */
export async function openLauncher(
  engine: Engine,
  session: Session,
  network: string,
  signal: AbortSignal,
): Promise<Launcher> {
  // Loaded only here: it takes half a second that other runtimes need not spend.
  const testcontainers = await import('testcontainers');
  const { host } = (await testcontainers.getContainerRuntimeClient()).info.containerRuntime;
  const dialled = addressOf(host) ?? host;
  const publishedOn = engine.isLocal ? addressOf(host) : undefined;

  class LabContainer extends testcontainers.GenericContainer {
    /** Publishes on the one address that is dialled from here: loopback, or the engine's bridge from inside a container. */
    protected override beforeContainerCreated(): Promise<void> {
      const bindings: Record<string, { HostIp?: string }[]> = this.hostConfig.PortBindings ?? {};
      for (const binding of Object.values(bindings).flat()) {
        if (publishedOn !== undefined) binding.HostIp = publishedOn;
      }
      return Promise.resolve();
    }
  }
  /** Testcontainers' own waits cannot be called off; `ready` below waits instead. */
  class NoWait extends testcontainers.StartupCheckStrategy {
    override checkStartupState(): Promise<'SUCCESS'> {
      return Promise.resolve('SUCCESS');
    }
  }
  const container = (image: string, alias: string): InstanceType<typeof LabContainer> =>
    new LabContainer(image)
      .withAutoCleanup(false)
      .withLabels({ [sessionLabel]: session.id })
      .withNetworkMode(network)
      .withNetworkAliases(alias)
      .withWaitStrategy(new NoWait());
  const ready = (
    started: StartedTestContainer,
    condition: string,
    serves: () => Promise<boolean>,
  ): Promise<StartedTestContainer> =>
    until({ condition, limitMs: bootLimitMs, everyMs: 100, signal }, async () => {
      if (await serves()) return started;
      await assertRunning(engine, started, condition);
      return undefined;
    });
  // A port that the engine picks changes with every restart of the container; one that is told stays.
  const fixed = async (inside: number): Promise<{ container: number; host: number }> => ({
    container: inside,
    host: await reservePort(session),
  });

  return {
    async rabbitmq(image, username, password) {
      const [amqp, api] = [await fixed(5672), await fixed(15_672)];
      signal.throwIfAborted();
      const started = await container(image, 'rabbitmq')
        .withExposedPorts(amqp, api)
        .withEnvironment({ RABBITMQ_DEFAULT_USER: username, RABBITMQ_DEFAULT_PASS: password })
        .start();
      const managementUrl = `http://${username}:${password}@${dialled}:${api.host}`;
      return ready(started, 'RabbitMQ serves in its container', () =>
        managementAnswers(managementUrl),
      );
    },
    async redis(image) {
      const port = await fixed(6379);
      signal.throwIfAborted();
      const started = await container(image, 'redis')
        .withExposedPorts(port)
        .withCommand(['redis-server', '--save', '', '--appendonly', 'no'])
        .start();
      const direct = { host: dialled, port: port.host };
      return ready(started, 'Redis serves in its container', () => pingRedis({ direct }));
    },
    async toxiproxy(image, published) {
      signal.throwIfAborted();
      const started = await container(image, 'toxiproxy')
        .withExposedPorts(8474, ...published)
        .start();
      const apiUrl = `http://${dialled}:${started.getMappedPort(8474)}`;
      return ready(
        started,
        'Toxiproxy serves in its container',
        async () => (await toxiproxyVersionAt(apiUrl)) !== undefined,
      );
    },
  };
}

/** Pulls through testcontainers, which knows the registries' credentials. */
export async function pullImage(image: string): Promise<void> {
  const { getContainerRuntimeClient, ImageName } = await import('testcontainers');
  await (await getContainerRuntimeClient()).image.pull(ImageName.fromString(image));
}

/** @returns the numeric address, or undefined for a name that only the engine's side could resolve. */
export function addressOf(host: string): string | undefined {
  if (host === 'localhost') return '127.0.0.1';
  return isIP(host) === 0 ? undefined : host;
}

async function assertRunning(
  engine: Engine,
  started: StartedTestContainer,
  condition: string,
): Promise<void> {
  const { body } = await engine.request('GET', `/containers/${started.getId()}/json`);
  const state = (body as { State?: { Running?: boolean; ExitCode?: number } } | null)?.State; // Docker Engine API
  if (state?.Running === true) return;
  throw new Error(`not ${condition}: it ended with exit code ${state?.ExitCode ?? 'unknown'}`);
}
