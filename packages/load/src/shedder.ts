/**
 * The recovery of a load that collapsed: sheds the backlog until the retries that fed on it are over. While the request
 * queue is longer than what the server can answer in half a timeout, everything in it is thrown away: by then nobody
 * would get an answer in time. Prints one JSON line, `{"repaired": <requests shed>}`. Exits 0 once the queue has stayed
 * short for as long as one job goes on being attempted, 1 when that does not come.
 */
import { writeSync } from 'node:fs';

import {
  ConditionTimeout,
  exitCodes,
  loadQueues,
  monotonicMs,
  required,
  UnreachableError,
  until,
  type LoadSetting,
} from '@lab/contract';
import { policyNamed } from '@lab/retry';
import amqp, { type Channel } from 'amqplib';

import { describe } from './connection.ts';
import { runProgram } from './program.ts';
import { declareRequests } from './queues.ts';
import { retryHorizonMs } from './retry-horizon.ts';

/** So many horizons without one calm one: it does not help. */
const mostHorizons = 10;

await runProgram('shedder', async ({ environment, log, stop }) => {
  const setting = environment.LOAD;
  const url = required('RABBITMQ_URL', environment.RABBITMQ_URL);
  const horizonMs = retryHorizonMs(setting, policyNamed(setting.policy));
  let shed = 0;
  const calm = await withChannel(url, async (channel) => {
    await declareRequests(channel, setting, setting.hops);
    return untilCalm({ setting, horizonMs, stop }, async () => {
      const { messageCount } = await channel.checkQueue(loadQueues.requests);
      if (messageCount <= mostWaiting(setting)) return 'short';
      const purged = await channel.purgeQueue(loadQueues.requests);
      shed += purged.messageCount;
      log.info({ waiting: messageCount, shed: purged.messageCount }, 'shed the backlog');
      return 'long';
    });
  });
  log.info({ shed, calm, horizonMs }, calm ? 'the queue stays short' : 'the queue does not calm');
  writeSync(process.stdout.fd, `${JSON.stringify({ repaired: shed })}\n`);
  return calm ? exitCodes.ok : exitCodes.failed;
});

/** Requests that are answered within half a timeout: half of mu T. */
function mostWaiting({ capacityPerS, timeoutMs }: LoadSetting): number {
  return (0.5 * capacityPerS * timeoutMs) / 1000;
}

interface CalmOptions {
  readonly setting: LoadSetting;
  readonly horizonMs: number;
  readonly stop: AbortSignal;
}

/** @returns whether the queue was short for a whole horizon, looked at four times a timeout */
async function untilCalm(
  { setting, horizonMs, stop }: CalmOptions,
  look: () => Promise<'short' | 'long'>,
): Promise<boolean> {
  let shortSince: number | undefined;
  const probe = async () => {
    const nowMs = monotonicMs();
    if ((await look()) === 'long') shortSince = undefined;
    else shortSince ??= nowMs;
    const calmMs = shortSince === undefined ? 0 : nowMs - shortSince;
    return calmMs >= horizonMs ? { met: true } : { missing: `short for ${Math.round(calmMs)} ms` };
  };
  try {
    return await until('the request queue stays short', probe, {
      limitMs: mostHorizons * horizonMs,
      everyMs: setting.timeoutMs / 4,
      signal: stop,
    });
  } catch (error) {
    if (error instanceof ConditionTimeout || stop.aborted) return false;
    throw error;
  }
}

/** @throws UnreachableError when the broker cannot be reached, or is lost on the way; run again, nothing is half done */
async function withChannel<T>(url: string, work: (channel: Channel) => Promise<T>): Promise<T> {
  let lost: Error | undefined;
  const unreachable = (cause: unknown): UnreachableError =>
    new UnreachableError(`cannot reach RabbitMQ at ${new URL(url).host}: ${describe(cause)}`, {
      cause,
    });
  const connection = await amqp.connect(url, { noDelay: true, timeout: 5000 }).catch((error) => {
    throw unreachable(error);
  });
  connection.on('error', (error: Error) => (lost = error));
  try {
    const channel = await connection.createChannel();
    channel.on('error', (error: Error) => (lost = error));
    return await work(channel);
  } catch (error) {
    throw lost === undefined ? error : unreachable(lost);
  } finally {
    await connection.close().catch(() => undefined); // it may be gone already
  }
}
