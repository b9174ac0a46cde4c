/** A broker as a direct child process: nothing stands between the pid and the server. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { endProcesses } from '../end-processes.ts';
import { identify, partMarker, sessionMarker } from '../processes.ts';
import type { Session } from '../session.ts';
import { ServerEnded } from './start-with-retry.ts';

export interface ServerProgram {
  /** `rabbitmq`, `redis` or `toxiproxy`. */
  readonly part: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServerProcess {
  readonly pid: number;
  /** @throws ServerEnded with its last words when it runs no more. */
  assertRunning(): void;
  /** Ends it and everything it started, at once: the data are throw-away. */
  stop(): Promise<void>;
}

/** Starts the program in its own process group, so that Ctrl-C on the lab does not reach it. */
export async function startServer(session: Session, server: ServerProgram): Promise<ServerProcess> {
  const directory = path.join(session.directory, server.part);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const logFile = path.join(directory, 'output.log');
  const log = openSync(logFile, 'a');
  const child = spawn(server.program, [...server.args], {
    cwd: directory,
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      ...withoutServerSettings(process.env),
      HOME: directory,
      LANG: 'C.UTF-8',
      ...server.env,
      ...session.env,
      [partMarker]: server.part,
    },
  });
  closeSync(log);
  let ending: string | null = null;
  child.once('exit', (code, signal) => {
    ending = signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error(`${server.program} was spawned without a pid`);
  session.registerChild(pid, server.part);
  const identity = identify(pid);

  return {
    pid,
    assertRunning() {
      if (ending === null) return;
      const tail = readFileSync(logFile, 'utf8').split('\n').slice(-30).join('\n').trim();
      throw new ServerEnded(server.part, ending, tail);
    },
    async stop() {
      await endProcesses(
        identity === null ? [] : [identity],
        (marked) => marked.session === session.env[sessionMarker] && marked.part === server.part,
      );
    },
  };
}

/** The user's environment, less what would steer the servers: their own settings are given to each. */
function withoutServerSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(RABBITMQ|ERL|EPMD)_|^NOTIFY_SOCKET$/.test(name)),
  );
}
