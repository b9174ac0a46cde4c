/**
 * A session is one lab at work: who owns it, and a registry of everything it made outside itself. The
 * registry is written before the thing is made, and synchronously, so that after a SIGKILL nothing exists
 * that it does not name. `sweep` reads it; see sweep.ts.
 *
 *   <state>/sessions/<id>/session.json     owner: pid, start time, host
 *                         registry.jsonl   what to undo, one line each
 *                         rabbitmq/ ...    private directories of local brokers
 */
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

import { z } from 'zod';

import type { TlsSettings } from './brokers.ts';
import type { EndedProcess } from './end-processes.ts';
import { endProcesses } from './end-processes.ts';
import type { ProcessIdentity } from './processes.ts';
import { identify, isAlive, sessionMarker } from './processes.ts';
import { stateDirectory } from './state.ts';

/** Something made outside the lab that must not outlive it. */
export type RegistryEntry =
  | ({ readonly kind: 'process'; readonly what: string } & ProcessIdentity)
  | {
      readonly kind: 'vhost';
      readonly managementUrl: string;
      readonly name: string;
      readonly tls?: TlsSettings;
      /** On a broker that the lab did not start: when it is down, the vhost is not gone with it. */
      readonly lasting: boolean;
    }
  | {
      readonly kind: 'keys';
      readonly url: string;
      readonly prefix: string;
      readonly tls?: TlsSettings;
      readonly lasting: boolean;
    }
  /** Proxies whose names begin with the session's id, on a Toxiproxy that outlives the session. */
  | { readonly kind: 'proxies'; readonly apiUrl: string }
  /** Containers and networks are found by the label `reliability-lab.session`. */
  | { readonly kind: 'containers' }
  | { readonly kind: 'port'; readonly port: number };

export interface Session {
  readonly id: string;
  /** Private directory, removed by {@link Session.end}. */
  readonly directory: string;
  readonly stateDir: string;
  /** The marker variable; put it on every process that is started. */
  readonly env: Readonly<Record<string, string>>;
  /** Enters what is about to be made. */
  register(entry: RegistryEntry): void;
  /** Enters a child that was started. */
  registerChild(pid: number, what: string): void;
  /** Everything registered so far, by this process. */
  readonly entries: readonly RegistryEntry[];
  /** Gives it up: from here on it lives only for as long as the warm descriptor names it. */
  disown(): void;
  /** Leaves everything in place, to look at; runs step around it, and `fm down` clears it. */
  keep(): void;
  /** Ends every process that still carries the marker, and removes the private directory. */
  end(): Promise<void>;
}

const ownerSchema = z.object({
  host: z.string(),
  /** Null once the session was given up. */
  process: z.object({ pid: z.number().int(), startTime: z.string() }).nullable(),
  /** True when it was left in place on purpose. */
  kept: z.boolean().optional(),
});
type Owner = z.infer<typeof ownerSchema>;

export interface StoredSession {
  readonly id: string;
  /** When it was opened, ms since the epoch. */
  readonly openedAt: number;
  readonly directory: string;
  readonly owner: Owner;
  readonly entries: readonly RegistryEntry[];
}

/** Opens a session owned by this process. */
export function openSession(env: NodeJS.ProcessEnv = process.env): Session {
  const stateDir = stateDirectory(env);
  const id = randomBytes(5).toString('hex');
  const sessions = path.join(stateDir, 'sessions');
  const directory = path.join(sessions, id);
  const self = identify(process.pid);
  if (self === null) throw new Error('this process cannot read its own start time');
  // Renamed into place complete, so that nobody meets a session without an owner.
  const draft = path.join(sessions, `.${id}`);
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeOwner(draft, { host: hostname(), process: self });
  renameSync(draft, directory);

  const entries: RegistryEntry[] = [];
  const register = (entry: RegistryEntry): void => {
    appendFileSync(path.join(directory, 'registry.jsonl'), `${JSON.stringify(entry)}\n`, {
      mode: 0o600,
    });
    entries.push(entry);
  };
  return {
    id,
    directory,
    stateDir,
    env: { [sessionMarker]: id },
    entries,
    registerChild(pid, what) {
      const identity = identify(pid);
      if (identity !== null) register({ kind: 'process', what, ...identity });
    },
    register,
    disown: () => disown(directory),
    keep: () => writeOwner(directory, { host: hostname(), process: null, kept: true }),
    async end() {
      await endProcesses(registeredProcesses(entries), (marked) => marked.session === id);
      for (const entry of entries) {
        if (entry.kind === 'port') await releasePort(stateDir, entry.port);
      }
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Every session in the state directory, living or dead. */
export function storedSessions(stateDir: string): StoredSession[] {
  const sessions = path.join(stateDir, 'sessions');
  const found: StoredSession[] = [];
  for (const id of list(sessions)) {
    if (id.startsWith('.')) continue;
    const directory = path.join(sessions, id);
    const owner = ownerSchema.safeParse(parse(read(path.join(directory, 'session.json'))));
    if (!owner.success) continue; // being removed right now
    const entries = read(path.join(directory, 'registry.jsonl'))
      .split('\n')
      .map((line) => parse(line) as RegistryEntry | null) // written by register
      .filter((entry) => entry !== null); // the last line may have been cut short by a SIGKILL
    found.push({ id, openedAt: openedAt(directory), directory, owner: owner.data, entries });
  }
  return found;
}

/** Gives the session in this directory up: nobody owns it. */
export function disown(directory: string): void {
  writeOwner(directory, { host: hostname(), process: null });
}

/** The children that a registry names. */
export function registeredProcesses(entries: readonly RegistryEntry[]): EndedProcess[] {
  return entries
    .filter((entry) => entry.kind === 'process')
    .map(({ pid, startTime, what }) => ({ pid, startTime, part: what }));
}

/** @param warmSession id that the warm descriptor names, or null: those brokers outlive the process that started them. */
export function isLiving(session: StoredSession, warmSession: string | null): boolean {
  if (session.owner.host !== hostname()) return true; // a shared home directory: not ours to judge
  return (
    session.id === warmSession || (session.owner.process !== null && isAlive(session.owner.process))
  );
}

/** Gives a port back that `reservePort` of local/ports.ts took. */
export async function releasePort(stateDir: string, port: number): Promise<void> {
  await rm(portFile(stateDir, port), { force: true });
}

/** The exclusive file that reserves a loopback port among labs. */
export function portFile(stateDir: string, port: number): string {
  return path.join(stateDir, 'ports', String(port));
}

function writeOwner(directory: string, owner: Owner): void {
  const file = path.join(directory, 'session.json');
  writeFileSync(`${file}.new`, JSON.stringify(owner), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function openedAt(directory: string): number {
  return statSync(directory, { throwIfNoEntry: false })?.birthtimeMs ?? Date.now();
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // nobody was here yet
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
