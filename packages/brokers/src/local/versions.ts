/** Versions of programs that take seconds to say so themselves. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** @returns RabbitMQ's version, read from the names of its own folders. */
export function rabbitmqVersionOf(program: string): string {
  const home = path.dirname(path.dirname(program));
  const folders = [path.join(home, 'lib'), path.join(home, 'plugins')]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder));
  for (const name of folders) {
    const version = /^(?:rabbitmq_server|rabbit)-(\d+[\d.]*\d)(?:\.ez)?$/.exec(name)?.[1];
    if (version !== undefined) return version;
  }
  return 'unknown version';
}
