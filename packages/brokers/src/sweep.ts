/**
 * Clears what labs that were killed left behind. It knows its own by three signs together: a session
 * directory in this state directory, an owner that lives no more, and the session's id on the thing itself
 * (marker variable, container label, vhost name, key prefix, proxy name). It touches nothing else.
 */
import { rm } from 'node:fs/promises';

import { Redis } from 'ioredis';

import { vhostPrefix } from './brokers.ts';
import { removeLabelled } from './containers/leftovers.ts';
import { endProcesses } from './end-processes.ts';
import { openManagement, withoutPassword } from './management.ts';
import { removeKeysUnder } from './redis-server.ts';
import type { RegistryEntry, StoredSession } from './session.ts';
import { isLiving, registeredProcesses, releasePort, storedSessions } from './session.ts';
import { stateDirectory } from './state.ts';
import { readWarm } from './warm.ts';

/** How long a server of others may be down before what was left on it is given up. */
const forgetAfterMs = 7 * 24 * 60 * 60 * 1000;
/** How long one that does not answer is waited for. */
const limitMs = 3000;

export interface SweepReport {
  /** Dead sessions that were cleared. */
  readonly sessions: number;
  /** What was ended or removed, one line each. */
  readonly removed: readonly string[];
  /** What could not be reached; it stays in the registry and is tried again next time. */
  readonly left: readonly string[];
}

/**
 * Safe to call while other labs run: a session whose owner lives is not looked at.
 * @param options.kept true clears what was left in place on purpose, too.
 */
export async function sweep(options: { readonly kept?: boolean } = {}): Promise<SweepReport> {
  const stateDir = stateDirectory();
  const removed: string[] = [];
  const left: string[] = [];
  const warm = readWarm(stateDir)?.session ?? null;
  const dead = storedSessions(stateDir).filter(
    (session) => !isLiving(session, warm) && (session.owner.kept !== true || options.kept === true),
  );
  // Processes of all of them first: a vhost on a broker that is itself left over goes with it.
  for (const session of dead) {
    const ended = await endProcesses(
      registeredProcesses(session.entries),
      (marked) => marked.session === session.id,
    );
    removed.push(...ended.map(({ pid, part }) => `process ${pid} ${part ?? ''}`.trim()));
  }
  for (const session of dead) {
    const unreachable = await clear(stateDir, session, removed);
    left.push(...unreachable);
    if (unreachable.length === 0) {
      await rm(session.directory, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return { sessions: dead.length, removed, left };
}

async function clear(
  stateDir: string,
  session: StoredSession,
  removed: string[],
): Promise<string[]> {
  const left: string[] = [];
  const silent = new Map<string, unknown>(); // servers that failed once: one limit is enough for all that is on them
  for (const entry of session.entries) {
    const server = serverOf(entry);
    try {
      if (server !== null && silent.has(server)) throw silent.get(server);
      const what = await undo(stateDir, session, entry);
      if (what !== null) removed.push(what);
    } catch (error) {
      if (server !== null) silent.set(server, error);
      if (isGoneWithIt(entry, error)) continue;
      left.push(`${describe(entry)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return Date.now() - session.openedAt > forgetAfterMs ? [] : left;
}

/** @returns what was removed, or null when there was nothing. */
async function undo(
  stateDir: string,
  session: StoredSession,
  entry: RegistryEntry,
): Promise<string | null> {
  switch (entry.kind) {
    case 'process':
      return null; // ended already, by the marker
    case 'port':
      await releasePort(stateDir, entry.port);
      return null;
    case 'containers': {
      const names = await removeLabelled(session.id);
      return names.length === 0 ? null : `containers ${names.join(', ')}`;
    }
    case 'vhost': {
      if (!entry.name.startsWith(`${vhostPrefix}${session.id}-`)) return null;
      using management = openManagement(entry.managementUrl, entry.tls, limitMs);
      const path = `/vhosts/${encodeURIComponent(entry.name)}`;
      const reply = await management.request('DELETE', path);
      if (reply.status === 404) return null;
      if (reply.status !== 204) throw new Error(`HTTP ${reply.status}`);
      return `vhost ${entry.name}`;
    }
    case 'keys': {
      if (!entry.prefix.startsWith(`${vhostPrefix}${session.id}:`)) return null;
      const keys = await removeKeysAt(entry);
      return keys === 0 ? null : `${keys} keys under ${entry.prefix}`;
    }
    case 'proxies':
      return removeProxies(entry.apiUrl, session.id);
  }
}

async function removeKeysAt(entry: RegistryEntry & { kind: 'keys' }): Promise<number> {
  const client = new Redis(entry.url, {
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    connectTimeout: limitMs,
    commandTimeout: limitMs,
    ...(entry.tls === undefined ? {} : { tls: { ...entry.tls } }),
  });
  let first: unknown;
  client.on('error', (error) => (first ??= error));
  try {
    await client.connect();
    return await removeKeysUnder(client, entry.prefix);
  } catch (error) {
    throw first ?? error;
  } finally {
    client.disconnect();
  }
}

async function removeProxies(apiUrl: string, sessionId: string): Promise<string | null> {
  const response = await fetch(`${apiUrl}/proxies`, { signal: AbortSignal.timeout(limitMs) });
  const names = Object.keys((await response.json()) as object) // a JSON object by proxy name
    .filter((name) => name.startsWith(sessionId));
  for (const name of names) {
    await fetch(`${apiUrl}/proxies/${name}`, {
      method: 'DELETE',
      signal: AbortSignal.timeout(limitMs),
    });
  }
  return names.length === 0 ? null : `proxies ${names.join(', ')}`;
}

/** Brokers that the lab started end with their session, and so does what was in them. */
function isGoneWithIt(entry: RegistryEntry, error: unknown): boolean {
  if ('lasting' in entry && entry.lasting) return false;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return (cause as NodeJS.ErrnoException | null)?.code === 'ECONNREFUSED'; // socket errors are errno errors
}

function serverOf(entry: RegistryEntry): string | null {
  switch (entry.kind) {
    case 'vhost':
      return entry.managementUrl;
    case 'keys':
      return entry.url;
    case 'proxies':
      return entry.apiUrl;
    case 'process':
    case 'port':
    case 'containers':
      return null;
  }
}

function describe(entry: RegistryEntry): string {
  switch (entry.kind) {
    case 'process':
      return `process ${entry.pid}`;
    case 'port':
      return `port ${entry.port}`;
    case 'containers':
      return 'containers';
    case 'vhost':
      return `vhost ${entry.name} at ${withoutPassword(entry.managementUrl)}`;
    case 'keys':
      return `keys under ${entry.prefix}`;
    case 'proxies':
      return `proxies at ${entry.apiUrl}`;
  }
}
