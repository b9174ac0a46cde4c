/**
 * The client of a load: offers jobs on a schedule that is fixed before it starts and never waits for anything. Where
 * the client itself makes the attempts (`rpc`, `layers`) it calls the first queue by its policy; where a pool does, it
 * puts jobs into the pool's queue. Everything it needs to know is in its environment (`loadEnvironmentSchema`). It ends
 * when the load's time is over, or at SIGUSR2 where its watch may be prolonged and was long enough; it leaves the queues as
 * they are. SIGTERM ends the load at once.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

import { exitCodes, loadMsOf, longestOf, monotonicMs, readyLine } from '@lab/contract';
import { arrivalsOf, Timings } from '@lab/workload';
import type { Logger } from 'pino';

import { Arrivals } from './arrivals.ts';
import { openCalls } from './offers/calls.ts';
import { openJobs } from './offers/jobs.ts';
import { runProgram } from './program.ts';
import { writeTimings } from './write-timings.ts';

/** Between `ready` and the load's zero, ms. */
const headStartMs = 20;

await runProgram('client', async ({ environment, journal, log, stop }) => {
  goFirst(log);
  const setting = longestOf(environment.LOAD);
  const timings = new Timings(setting);
  const schedule = arrivalsOf(setting);
  const calls = setting.topology === 'rpc' || setting.topology === 'layers';
  const offer = await (calls ? openCalls : openJobs)({
    environment: { ...environment, LOAD: setting },
    journal,
    log,
    timings,
  });
  const told =
    environment.START === 'on-signal' ? once(process, 'SIGUSR2', { signal: stop }) : null;
  writeSync(process.stdout.fd, `${readyLine}\n`);
  await told?.catch(() => undefined); // stopped before it began: the load then ends at once
  const enough = new AbortController();
  process.once('SIGUSR2', () => enough.abort());

  const startedAt = monotonicMs() + headStartMs;
  log.info({ startedAt, jobs: schedule.length }, 'the load begins');
  const arrivals = new Arrivals({
    schedule,
    startedAt,
    lengthMs: loadMsOf(setting),
    settledMs: setting.warmUpMs / 3,
    offer,
    timings,
  });
  const completed = await arrivals.run(stop, enough.signal);
  log.info({ completed }, 'the load is over');

  writeTimings(timings, journal);
  await offer.close();
  return completed ? exitCodes.ok : exitCodes.failed;
});

/**
 * It keeps the schedule by which all else is measured, so it goes before what it measures where it may: that takes a
 * privilege. Where it may not, the gate on its lateness says whether that did harm. Not by a real-time class: its
 * collector's threads would then have to wait for everybody, and it for them.
 */
function goFirst(log: Logger): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch (error) {
    log.debug({ error }, 'no higher priority is allowed');
  }
}
