/** What a lab may leave behind: processes, listening sockets, vhosts, keys, proxies, private directories. */
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

import type { TestLab } from './fm.ts';
import type { WarmBrokers } from './warm-brokers.ts';

/** What a lab has open at one moment. */
export interface Holdings {
  readonly sessions: readonly string[];
  /** Inodes of the listening sockets of the lab and of its processes; a port may be reused, an inode is not. */
  readonly listening: ReadonlySet<string>;
}

/** @param pid of the lab itself */
export function holdings(lab: TestLab, pid: number): Holdings {
  const sessions = lab.sessions();
  const pids = [pid, ...sessions.flatMap((session) => processesOf(session))];
  const open = new Set(pids.flatMap((each) => socketsOf(each)));
  return { sessions, listening: listeningSockets().intersection(open) };
}

/** Everything of it that is still there, one line each. */
export async function leftovers(
  lab: TestLab,
  held: Holdings,
  brokers: WarmBrokers | null,
): Promise<string[]> {
  const sessions = [...new Set([...held.sessions, ...lab.sessions()])];
  const still = held.listening.intersection(listeningSockets());
  const [vhosts = [], keys = [], proxies = []] =
    brokers === null
      ? []
      : await Promise.all([brokers.vhosts(), brokers.keys(), brokers.proxies()]);
  return [
    ...[...still].map((inode) => `listening socket ${inode}`),
    ...sessions.flatMap((session) => [
      ...processesOf(session).map((pid) => `process ${pid}: ${commandOf(pid)}`),
      ...vhosts.filter((name) => name.includes(session)).map((name) => `vhost ${name}`),
      ...keys.filter((key) => key.includes(session)).map((key) => `key ${key}`),
      ...proxies.filter((name) => name.includes(session)).map((name) => `proxy ${name}`),
      ...(existsSync(join(lab.state, 'sessions', session)) ? [`directory of ${session}`] : []),
    ]),
  ];
}

/** Pids of the living processes that carry the session's marker. */
export function processesOf(session: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => fileOf(`/proc/${pid}/environ`).split('\0').includes(`LAB_SESSION=${session}`))
    .map(Number);
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []].flat();
      } catch {
        return []; // closed meanwhile
      }
    });
  } catch {
    return []; // ended meanwhile
  }
}

/** Inodes of all TCP sockets that listen, after proc(5): the fourth field is the state, the tenth the inode. */
function listeningSockets(): Set<string> {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => fileOf(file).split('\n'));
  return new Set(
    rows.flatMap((row) => {
      const fields = row.trim().split(/\s+/);
      return fields[3] === '0A' && fields[9] !== undefined ? [fields[9]] : [];
    }),
  );
}

function commandOf(pid: number): string {
  return fileOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 100);
}

function fileOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone, or another user's
  }
}
