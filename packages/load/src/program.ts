/** What the programs of a load have in common: how they log, where their events go, how they end. */
import { writeSync } from 'node:fs';

import {
  EnvironmentError,
  exitCodes,
  hopQueue,
  openJournal,
  readEnvironment,
  silentJournal,
  UnreachableError,
  type Journal,
} from '@lab/contract';
import { policyNamed } from '@lab/retry';
import { loadEnvironmentSchema, type LoadEnvironment } from '@lab/workload';
import { pino, type Logger } from 'pino';

export interface Program {
  readonly environment: LoadEnvironment;
  readonly journal: Journal;
  readonly log: Logger;
  /** Aborted by SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
}

/**
 * Runs a program and ends the process with the code it gives, or with the one that says why it could not run.
 * Anything else it throws is a bug and crashes.
 */
export async function runProgram(
  name: string,
  main: (program: Program) => Promise<number>,
): Promise<never> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  process.exitCode = await start(main, stop.signal).catch((error: unknown) => explain(name, error));
  process.exit();
}

async function start(main: (program: Program) => Promise<number>, stop: AbortSignal) {
  const environment = readEnvironment(loadEnvironmentSchema, process.env);
  assertRunnable(environment);
  const journal = journalTo(environment.EVENTS_FD);
  journal.record({ kind: 'told', load: environment.LOAD });
  const log = pino(
    { level: environment.LOG_LEVEL, base: { role: environment.ROLE } },
    pino.destination({ dest: process.stderr.fd, sync: true }), // the last line before a crash survives
  );
  return main({ environment, journal, log, stop });
}

function journalTo(fd: LoadEnvironment['EVENTS_FD']): Journal {
  return fd === undefined ? silentJournal : openJournal((line) => void writeSync(fd, line));
}

/** @throws EnvironmentError where the setting names a policy or a hop that there is not */
function assertRunnable({ LOAD, HOP }: LoadEnvironment): void {
  try {
    policyNamed(LOAD.policy);
    hopQueue(HOP, LOAD.hops);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new EnvironmentError(`wrong environment: LOAD, HOP: ${error.message}`, { cause: error });
  }
}

function explain(name: string, error: unknown): number {
  if (!(error instanceof EnvironmentError || error instanceof UnreachableError)) throw error;
  writeSync(process.stderr.fd, `${name}: ${error.message}\n`);
  return error instanceof EnvironmentError ? exitCodes.usage : exitCodes.unreachable;
}
