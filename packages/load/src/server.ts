/**
 * A server of a load: takes requests from its hop's queue, does what they ask, answers, acknowledges. Everything it
 * needs to know is in its environment (`loadEnvironmentSchema`). SIGTERM ends it; what it has in hand goes back to the
 * queue.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';

import { exitCodes, hopQueue, readyLine, required, windowMsOf } from '@lab/contract';
import { Timings } from '@lab/workload';

import { consumeRequests } from './consumer.ts';
import { runProgram } from './program.ts';
import { openRelay } from './service/relay.ts';
import { openWorker } from './service/worker.ts';
import { WindowCounts } from './window-counts.ts';
import { writeTimings } from './write-timings.ts';

await runProgram('server', async ({ environment, journal, log, stop }) => {
  const { LOAD: setting, HOP: hop } = environment;
  const timings = new Timings(setting);
  const queue = hopQueue(hop, setting.hops);
  const counts = new WindowCounts({ queue, windowMs: windowMsOf(setting), journal });
  const handler = await (hop === setting.hops ? openWorker : openRelay)({
    environment,
    journal,
    log,
    counts,
    onTakenUp: ({ dueAt, sentAt, startedAt }, nowMs) =>
      timings.record('queue-age', dueAt - startedAt, nowMs - sentAt),
  });
  const url = required('RABBITMQ_URL', environment.RABBITMQ_URL);
  const consumer = await consumeRequests({ url, setting, hop, handler, counts, log });
  writeSync(process.stdout.fd, `${readyLine}\n`);

  if (!stop.aborted) await once(stop, 'abort');
  log.info('stopping');
  counts.close();
  writeTimings(timings, journal);
  await consumer.close();
  await handler.close();
  return exitCodes.ok;
});
