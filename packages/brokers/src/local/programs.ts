/** Where the servers' programs lie on this machine. */
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';

import { cacheDirectory } from '../state.ts';

export const toxiproxyVersion = '2.12.0';

export interface Programs {
  /** RabbitMQ's own script, not a distribution's wrapper that changes user. */
  readonly rabbitmq: string | null;
  readonly erlang: string | null;
  readonly redis: string | null;
  readonly toxiproxy: string | null;
}

/** Looks, starts nothing. */
export function findPrograms(env: NodeJS.ProcessEnv = process.env): Programs {
  const found = (name: string): string | null => onPath(name, env);
  return {
    rabbitmq: findRabbitmq(found('rabbitmq-server')),
    erlang: found('erl'),
    redis: found('redis-server'),
    toxiproxy: findToxiproxy(env, found('toxiproxy-server')),
  };
}

/** @returns names of programs without which the local runtime cannot be; Toxiproxy is not one of them. */
export function missingPrograms(programs: Programs): string[] {
  return [
    ...(programs.rabbitmq === null ? ['rabbitmq-server'] : []),
    ...(programs.erlang === null ? ['erl'] : []),
    ...(programs.redis === null ? ['redis-server'] : []),
  ];
}

/**
 * Debian's /usr/sbin/rabbitmq-server changes user and writes to the system's directories; the script it
 * wraps lies beside the server's code. Homebrew's and the generic archive's are that script already.
 */
function findRabbitmq(fromPath: string | null): string | null {
  const home = '/usr/lib/rabbitmq';
  const versions = list(path.join(home, 'lib'))
    .filter((name) => name.startsWith('rabbitmq_server-'))
    .toSorted()
    .map((name) => path.join(home, 'lib', name, 'sbin', 'rabbitmq-server'));
  const candidates = [
    path.join(home, 'bin', 'rabbitmq-server'),
    ...versions.toReversed(),
    ...(fromPath === null ? [] : [realpathSync(fromPath)]),
    '/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server',
    '/usr/local/opt/rabbitmq/sbin/rabbitmq-server',
  ];
  // The script needs its neighbours; a wrapper has none.
  return (
    candidates.find(
      (file) => isExecutable(file) && isReadable(path.join(path.dirname(file), 'rabbitmq-env')),
    ) ?? null
  );
}

function findToxiproxy(env: NodeJS.ProcessEnv, fromPath: string | null): string | null {
  const built = path.join(cacheDirectory(env), `toxiproxy-${toxiproxyVersion}`, 'toxiproxy-server');
  return isExecutable(built) ? built : fromPath;
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | null {
  const directories = [
    ...(env['PATH'] ?? '').split(path.delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
  ];
  return (
    directories
      .filter((directory) => directory !== '')
      .map((directory) => path.join(directory, name))
      .find(isExecutable) ?? null
  );
}

function isExecutable(file: string): boolean {
  return allows(file, constants.X_OK);
}

function isReadable(file: string): boolean {
  return allows(file, constants.R_OK);
}

function allows(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
