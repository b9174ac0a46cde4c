/** Redis as a child process: no persistence, one loopback port, a password. */
import { Redis } from 'ioredis';

import { until } from '../condition.ts';
import type { Session } from '../session.ts';
import { reservePort } from './ports.ts';
import type { ServerProcess } from './server-process.ts';
import { startServer } from './server-process.ts';
import { readyOrRetry } from './start-with-retry.ts';

export interface LocalRedis {
  readonly process: ServerProcess;
  readonly port: number;
  readonly version: string;
}

const bootLimitMs = 15_000;

/** Starts it and waits until this very process answers. */
export function startRedis(
  session: Session,
  program: string,
  signal?: AbortSignal,
): Promise<LocalRedis> {
  return readyOrRetry(async () => {
    const port = await reservePort(session);
    const started = await startServer(session, {
      part: 'redis',
      program,
      args: redisArguments(port),
    });
    const version = await until(
      { condition: `Redis answers on 127.0.0.1:${port}`, limitMs: bootLimitMs, signal },
      () => versionOf(started, port),
    ).catch(async (error: unknown) => {
      await started.stop();
      throw error;
    });
    return { process: started, port, version };
  });
}

function redisArguments(port: number): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    daemonize: 'no',
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction', // BullMQ asks for it: an evicted key is a lost job
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function versionOf(started: ServerProcess, port: number): Promise<string | undefined> {
  started.assertRunning();
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
  });
  client.on('error', () => undefined); // the refused connection is the answer "not yet"
  try {
    await client.connect();
    const text = await client.info('server');
    // The pid tells this server from another lab's that was faster to take the port.
    if (field(text, 'process_id') !== String(started.pid)) return undefined;
    return field(text, 'redis_version');
  } catch {
    return undefined;
  } finally {
    client.disconnect();
  }
}

function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1];
}
