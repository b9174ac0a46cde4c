/** Where the lab remembers, across runs, what it has started. */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** @returns the state directory, made if it was not there; private to the user. */
export function stateDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const directory =
    env['LAB_STATE'] ??
    path.join(env['XDG_STATE_HOME'] ?? path.join(homedir(), '.local', 'state'), 'reliability-lab');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return path.resolve(directory);
}

/** Programs that the set-up built: `${LAB_CACHE}/toxiproxy-2.12.0/toxiproxy-server`. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return (
    env['LAB_CACHE'] ??
    path.join(env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'reliability-lab')
  );
}
