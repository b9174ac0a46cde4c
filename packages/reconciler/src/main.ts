/**
 * The reconciler: compares what was accepted with the ledger and takes back what was done twice. Prints one JSON
 * line, `{"found": …, "repaired": n}`. Exits 0 when nothing diverges any more, 1 when something does.
 */
import { writeSync } from 'node:fs';

import {
  EnvironmentError,
  exitCodes,
  openJournal,
  readEnvironment,
  reconcilerEnvironmentSchema,
  silentJournal,
  storeKeys,
  UnreachableError,
} from '@lab/contract';
import { Redis } from 'ioredis';
import { pino } from 'pino';

import { isConsistent, type Divergence } from './divergence.ts';
import { reconcile } from './reconcile.ts';
import { RecoveryLockHeldError } from './recovery-lock.ts';

process.exitCode = await main().catch(explain);
process.exit();

async function main(): Promise<number> {
  const environment = readEnvironment(reconcilerEnvironmentSchema, process.env);
  const log = pino(
    { level: environment.LOG_LEVEL, base: { role: environment.ROLE } },
    pino.destination({ dest: process.stderr.fd, sync: true }), // the last line before a crash survives
  );
  const fd = environment.EVENTS_FD;
  const journal =
    fd === undefined ? silentJournal : openJournal((line) => void writeSync(fd, line));

  const { found, repaired, remaining } = await connected(environment.REDIS_URL, (redis) =>
    reconcile({
      redis,
      keys: storeKeys(environment.KEY_PREFIX),
      role: environment.ROLE,
      lockTtlMs: environment.LOCK_TTL_MS,
      journal,
    }),
  );
  log.info({ found: keysOf(found), repaired, remaining: keysOf(remaining) }, 'reconciled');
  writeSync(process.stdout.fd, `${JSON.stringify({ found: keysOf(found), repaired })}\n`);
  return isConsistent(remaining) ? exitCodes.ok : exitCodes.failed;
}

/**
 * Runs the work over one connection that never sends a command twice and never reconnects: a recovery that lost
 * its store ends, and is run again.
 * @throws UnreachableError when the store cannot be reached, or is lost on the way.
 */
async function connected<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    maxRetriesPerRequest: 0,
    socketTimeout: 10_000,
    retryStrategy: null,
  });
  let reason: Error | undefined; // ioredis tells it to 'error' listeners only
  redis.on('error', (error: Error) => (reason = error));
  try {
    await redis.connect();
    return await work(redis);
  } catch (error) {
    if (redis.status === 'ready') throw error;
    const { host, port } = redis.options;
    throw new UnreachableError(
      `cannot reach Redis at ${host}:${port}: ${String(reason ?? error)}; run again, nothing is half done`,
      { cause: error },
    );
  } finally {
    redis.disconnect();
  }
}

/** A divergence by the keys it concerns; for unexpected entries, by their ids. */
function keysOf({ duplicated, missing, unexpected }: Divergence) {
  return {
    duplicated: duplicated.map(({ key }) => key),
    missing: missing.map(({ key }) => key),
    unexpected: unexpected.map(({ entry }) => entry),
  };
}

/** Says in one line why it ended, and with which code to exit. Anything else is a bug and crashes. */
function explain(error: unknown): number {
  if (!(error instanceof Error)) throw error;
  const code = codeOf(error);
  if (code === undefined) throw error;
  writeSync(process.stderr.fd, `reconciler: ${error.message}\n`);
  return code;
}

function codeOf(error: Error): number | undefined {
  if (error instanceof EnvironmentError) return exitCodes.usage;
  if (error instanceof UnreachableError) return exitCodes.unreachable;
  if (error instanceof RecoveryLockHeldError) return exitCodes.failed;
  return undefined;
}
