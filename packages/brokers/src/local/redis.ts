/** Redis as a child process: no persistence, one loopback port, a password. */
import { until } from '../condition.ts';
import { askRedis, infoField } from '../redis-probe.ts';
import type { Session } from '../session.ts';
import { reservePort } from './ports.ts';
import type { ServerProcess } from './server-process.ts';
import { startServer } from './server-process.ts';
import { readyOrRetry } from './start-with-retry.ts';

export interface LocalRedis {
  readonly port: number;
  readonly version: string;
  /** @throws ServerEnded when it runs no more. */
  assertRunning(): void;
  /** Kills it and starts it again, empty, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const bootLimitMs = 15_000;

/** Starts it and waits until this very process answers. */
export function startRedis(
  session: Session,
  program: string,
  signal?: AbortSignal,
): Promise<LocalRedis> {
  return readyOrRetry(async () => {
    signal?.throwIfAborted();
    const port = await reservePort(session);
    const server = { part: 'redis', program, args: redisArguments(port) };
    let running = await startServer(session, server);
    const ready = (abort?: AbortSignal): Promise<string> =>
      until(
        { condition: `Redis answers on 127.0.0.1:${port}`, limitMs: bootLimitMs, signal: abort },
        () => versionOf(running, port),
      );
    try {
      return {
        port,
        version: await ready(signal),
        assertRunning: () => running.assertRunning(),
        async restart() {
          await running.stop();
          running = await startServer(session, server);
          await ready();
        },
        stop: () => running.stop(),
      };
    } catch (error) {
      await running.stop();
      throw error;
    }
  });
}

function redisArguments(port: number): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    daemonize: 'no',
    'set-proc-title': 'no', // a title is written over the environment, and with it over the session's marker
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction', // BullMQ asks for it: an evicted key is a lost job
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function versionOf(started: ServerProcess, port: number): Promise<string | undefined> {
  started.assertRunning();
  try {
    const text = await askRedis({ direct: { host: '127.0.0.1', port } }, (client) =>
      client.info('server'),
    );
    // The pid tells this server from another lab's that was faster to take the port.
    if (infoField(text, 'process_id') !== String(started.pid)) return undefined;
    return infoField(text, 'redis_version');
  } catch {
    return undefined; // not listening yet
  }
}
