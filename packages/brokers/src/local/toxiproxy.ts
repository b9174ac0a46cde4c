/** Toxiproxy as a child process. */
import { z } from 'zod';

import { until } from '../condition.ts';
import type { Session } from '../session.ts';
import { reservePort } from './ports.ts';
import { startServer } from './server-process.ts';
import { readyOrRetry } from './start-with-retry.ts';

export interface LocalToxiproxy {
  readonly apiUrl: string;
  readonly version: string;
  /** @throws ServerEnded when it runs no more. */
  assertRunning(): void;
  stop(): Promise<void>;
}

const bootLimitMs = 10_000;

/** Starts it and waits until its API answers. */
export function startToxiproxy(
  session: Session,
  program: string,
  signal?: AbortSignal,
): Promise<LocalToxiproxy> {
  return readyOrRetry(async () => {
    signal?.throwIfAborted();
    const port = await reservePort(session);
    const started = await startServer(session, {
      part: 'toxiproxy',
      program,
      args: ['-host', '127.0.0.1', '-port', String(port)],
    });
    const apiUrl = `http://127.0.0.1:${port}`;
    const version = await until(
      { condition: `Toxiproxy's API answers on ${apiUrl}`, limitMs: bootLimitMs, signal },
      () => {
        started.assertRunning();
        return toxiproxyVersionAt(apiUrl);
      },
    ).catch(async (error: unknown) => {
      await started.stop();
      throw error;
    });
    return {
      apiUrl,
      version,
      assertRunning: () => started.assertRunning(),
      stop: () => started.stop(),
    };
  });
}

const versionSchema = z.object({ version: z.string() });

/** @returns the version the server reports (`git` when it was built without one), or undefined when none answers. */
export async function toxiproxyVersionAt(apiUrl: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${apiUrl}/version`, { signal: AbortSignal.timeout(2000) });
    return versionSchema.parse(await response.json()).version;
  } catch {
    return undefined;
  }
}
