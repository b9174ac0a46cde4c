/**
 * The producer: publishes its jobs with a bounded window of unconfirmed ones and keeps a list of those the broker
 * accepted. Everything it needs to know is in its environment (`producerEnvironmentSchema`). It ends when every
 * job has an outcome; SIGTERM makes it stop after those in flight.
 */
import { writeSync } from 'node:fs';

import {
  EnvironmentError,
  exitCodes,
  openJournal,
  producerEnvironmentSchema,
  readEnvironment,
  readyLine,
  required,
  silentJournal,
  storeKeys,
  UnreachableError,
  type Transport,
  type ProducerEnvironment,
} from '@lab/contract';
import { pino, type Logger } from 'pino';

import { makeJobs } from './jobs.ts';
import { publishJobs, type Publisher } from './publish-jobs.ts';
import { connectRedis } from './redis.ts';

type OpenPublisher = (environment: ProducerEnvironment, log: Logger) => Promise<Publisher>;

/** Loaded only when chosen: the one not in use would cost every start a tenth of a second. */
const publishers: Readonly<Record<Transport, OpenPublisher>> = {
  async rabbitmq(environment, log) {
    const { openRabbitmqPublisher } = await import('./transports/rabbitmq.ts');
    return openRabbitmqPublisher({
      url: required('RABBITMQ_URL', environment.RABBITMQ_URL),
      queueType: environment.QUEUE_TYPE,
      log,
    });
  },
  async bullmq(environment, log) {
    const { openBullmqPublisher } = await import('./transports/bullmq.ts');
    return openBullmqPublisher({
      redis: await connectRedis(environment.REDIS_URL, log.child({ connection: 'bullmq' })),
      prefix: storeKeys(environment.KEY_PREFIX).bullmq,
      attempts: environment.ATTEMPTS,
      log,
    });
  },
};

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
process.exitCode = await main().catch(explain);
process.exit();

async function main(): Promise<number> {
  const environment = readEnvironment(producerEnvironmentSchema, process.env);
  const log = pino(
    { level: environment.LOG_LEVEL, base: { role: environment.ROLE } },
    pino.destination({ dest: process.stderr.fd, sync: true }), // the last line before a crash survives
  );
  const { accepted } = storeKeys(environment.KEY_PREFIX);
  const [publisher, store] = await Promise.all([
    publishers[environment.TRANSPORT](environment, log),
    connectRedis(environment.REDIS_URL, log.child({ connection: 'accepted' })),
  ]);
  writeSync(process.stdout.fd, `${readyLine}\n`);

  stop.signal.addEventListener('abort', () => log.info('stopping'));
  let unrecorded = 0;
  const tally = await publishJobs(makeJobs(environment.JOBS, environment.SEED), {
    publisher,
    window: environment.CONFIRM_WINDOW,
    timeoutMs: environment.PUBLISH_TIMEOUT_MS,
    journal: journalTo(environment.EVENTS_FD),
    signal: stop.signal,
    async onOutcome({ key, correlationId, causationId, amount }, outcome) {
      const subject = { key, correlationId, causationId };
      if (outcome.phase !== 'ok')
        return log.error({ ...subject, ...outcome }, 'publish not confirmed');
      log.info(subject, 'publish confirmed');
      try {
        await store.rpush(accepted, JSON.stringify({ ...subject, amount }));
      } catch (error) {
        unrecorded++;
        log.error({ ...subject, error: String(error) }, 'accepted, but not recorded as accepted');
      }
    },
  });
  log.info({ ...tally, jobs: environment.JOBS, unrecorded }, 'every publish has an outcome');

  await closeWithin(environment.DRAIN_LIMIT_MS, publisher);
  store.disconnect();
  return tally.ok === environment.JOBS && unrecorded === 0 ? exitCodes.ok : exitCodes.failed;
}

function journalTo(fd: ProducerEnvironment['EVENTS_FD']) {
  return fd === undefined ? silentJournal : openJournal((line) => void writeSync(fd, line));
}

/** A goodbye to a server that no longer answers must not keep the program. */
async function closeWithin(limitMs: number, publisher: Publisher): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([publisher.close(), promise]);
  clearTimeout(timer);
}

/** Says in one line why it could not start, and with which code to exit. Anything else is a bug and crashes. */
function explain(error: unknown): number {
  if (!(error instanceof EnvironmentError || error instanceof UnreachableError)) throw error;
  writeSync(process.stderr.fd, `producer: ${error.message}\n`);
  return error instanceof EnvironmentError ? exitCodes.usage : exitCodes.unreachable;
}
