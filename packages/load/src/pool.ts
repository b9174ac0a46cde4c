/**
 * The pool: W slots that take jobs from the job queue and make requests of the server for them. How a failed attempt
 * is tried again, and what is held meanwhile, is the topology (`pool/slots.ts`); where the jobs are is the transport
 * (`jobs/`). It works until SIGTERM and counts until the load is over.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';

import {
  EnvironmentError,
  exitCodes,
  loadMsOf,
  loadQueues,
  longestOf,
  monotonicMs,
  readyLine,
  windowMsOf,
  type LoadSetting,
} from '@lab/contract';
import { policyNamed } from '@lab/retry';
import { Timings, type JobMessage } from '@lab/workload';

import { Alarm } from './alarm.ts';
import { openJobSource, type Ending, type Run } from './jobs/job-queue.ts';
import { ownRulesOf } from './jobs/own-rules.ts';
import { JobEnds } from './pool/job-ends.ts';
import { slotFor } from './pool/slots.ts';
import { runProgram, type Program } from './program.ts';
import { openRequester } from './requester.ts';
import { WindowCounts } from './window-counts.ts';
import { writeTimings } from './write-timings.ts';

/** How long closing the connections may take, ms. */
const closeLimitMs = 2000;

await runProgram('pool', main);

async function main({ environment, journal, log, stop }: Program): Promise<number> {
  const setting = longestOf(environment.LOAD);
  const concurrency = slotsOf(setting);
  refuseLeaseWithoutLeases(setting);

  const requester = await openRequester({
    url: environment.RABBITMQ_URL,
    setting,
    hop: 1,
    journal,
    log,
  });
  const taken = new WindowCounts({
    queue: loadQueues.jobs,
    windowMs: windowMsOf(setting),
    journal,
  });
  const timings = new Timings(setting);
  const ends = new JobEnds(setting, requester.counts, timings);
  requester.counts.read('underWay', ends.underWay);
  requester.counts.read('awaited', requester.awaited);
  let startedAt = 0;
  let begun = false;
  let over = false;
  const start = (at: number): void => {
    begun = true;
    startedAt = at;
    requester.start(at);
    taken.start(at);
    overAlarm.set(at + loadMsOf(setting));
  };
  const finish = (nowMs: number): void => {
    if (over || !begun) return;
    over = true; // what ends from now on is timed by nobody
    for (const { dueAt, sentAt } of requester.pending()) {
      timings.recordCensored('attempt', dueAt - startedAt, nowMs - sentAt);
    }
    ends.censorTheRest(startedAt, nowMs);
    writeTimings(timings, journal);
  };
  const overAlarm = new Alarm(finish);

  const slot = slotFor({
    setting,
    requester,
    ends,
    onAnswered: (dueAt, { sentAt, endedAt }) =>
      timings.record('attempt', dueAt - startedAt, endedAt - sentAt),
    ownAttempts: ownRulesOf(setting)?.attempts ?? null,
  });
  const run = (delivered: Run): Promise<Ending> => {
    if (!begun) start(delivered.job.startedAt);
    taken.add('delivered');
    return slot(delivered);
  };
  const abandoned = (job: JobMessage): void => ends.end(job, 'failed', monotonicMs());
  const source = await openJobSource({ environment, log, concurrency, run, abandoned });
  writeSync(process.stdout.fd, `${readyLine}\n`);

  if (!stop.aborted) await once(stop, 'abort');
  overAlarm.stop();
  finish(monotonicMs());
  taken.close();
  await Promise.all([source.close(closeLimitMs), requester.close()]);
  return exitCodes.ok;
}

/** @throws EnvironmentError when neither the policy nor the setting says how many jobs the pool works on at a time */
function slotsOf(setting: LoadSetting): number {
  const slots = policyNamed(setting.policy).concurrency?.(setting) ?? setting.concurrency;
  if (slots === null)
    throw new EnvironmentError('wrong environment: LOAD: a pool needs `concurrency`');
  return slots;
}

/** @throws EnvironmentError: RabbitMQ hands a message out until it is settled or its channel ends */
function refuseLeaseWithoutLeases({ topology, transport }: LoadSetting): void {
  if (topology === 'lease' && transport === 'rabbitmq') {
    throw new EnvironmentError(
      'wrong environment: LOAD: topology lease needs transport bullmq: RabbitMQ has no lease this short; its consumer_timeout is looked at once a minute and closes the channel with all that is in hand',
    );
  }
}
