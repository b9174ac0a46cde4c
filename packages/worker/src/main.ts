/**
 * The worker: takes jobs, applies each one's effect through a guard, settles. Everything it needs to know is in
 * its environment (`workerEnvironmentSchema`). SIGTERM drains.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';

import {
  EnvironmentError,
  exitCodes,
  openTurnJournal,
  readEnvironment,
  readyLine,
  silentJournal,
  UnreachableError,
  workerEnvironmentSchema,
  type Journal,
  type Transport,
  type WorkerEnvironment,
} from '@lab/contract';
import { pino } from 'pino';

import { createHandler } from './attempt.ts';
import { openEffectStore } from './effect-store.ts';
import { guards } from './guards/index.ts';
import type { OpenTransport } from './transports/transport.ts';

/** Loaded only when chosen: the one not in use would cost every start a tenth of a second. */
const transports: Readonly<Record<Transport, () => Promise<OpenTransport>>> = {
  rabbitmq: async () => (await import('./transports/rabbitmq.ts')).openTransport,
  bullmq: async () => (await import('./transports/bullmq.ts')).openTransport,
};

const asked = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
process.exitCode = await main().catch(explain);
process.exit();

async function main(): Promise<number> {
  const environment = readEnvironment(workerEnvironmentSchema, process.env);
  const log = pino(
    { level: environment.LOG_LEVEL, base: { role: environment.ROLE } },
    pino.destination({ dest: process.stderr.fd, sync: true }), // the last line before a crash survives
  );
  const journal = journalTo(environment.EVENTS_FD);

  const [openTransport, store] = await Promise.all([
    transports[environment.TRANSPORT](),
    openEffectStore({
      url: environment.REDIS_URL,
      prefix: environment.KEY_PREFIX,
      timeoutMs: environment.EFFECT_TIMEOUT_MS,
      log,
    }),
  ]);
  const handle = createHandler({
    role: environment.ROLE,
    guard: await guards[environment.GUARD](store),
    storeReady: () => store.ready(),
    journal,
    log,
  });
  const transport = await openTransport({ environment, log, journal, handle });
  writeSync(process.stdout.fd, `${readyLine}\n`);

  await asked;
  log.info('draining');
  const { abandoned } = await transport.drain(environment.DRAIN_LIMIT_MS);
  store.close();
  log.info({ abandoned }, 'drained');
  return abandoned === 0 ? exitCodes.ok : exitCodes.failed;
}

/** One write for all the deliveries that came in one chunk: a write for each would be what limits the worker. */
function journalTo(fd: WorkerEnvironment['EVENTS_FD']): Journal {
  if (fd === undefined) return silentJournal;
  const journal = openTurnJournal((lines) => void writeSync(fd, lines));
  process.once('exit', journal.flush); // a crash ends the turn before its microtasks
  return journal;
}

/** Says in one line why it could not start, and with which code to exit. Anything else is a bug and crashes. */
function explain(error: unknown): number {
  if (!(error instanceof EnvironmentError || error instanceof UnreachableError)) throw error;
  writeSync(process.stderr.fd, `worker: ${error.message}\n`);
  return error instanceof EnvironmentError ? exitCodes.usage : exitCodes.unreachable;
}
