/**
 * Finding processes by what they carry: a pid alone names nothing (pids are reused), so a process is known
 * by pid and start time, or by the marker variable in its environment. Linux: /proc; elsewhere: ps.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** Put on every process of a session, with the session's id as its value. */
export const sessionMarker = 'LAB_SESSION';
/** Which broker a process belongs to, beside the session marker. */
export const partMarker = 'LAB_PART';

export interface ProcessIdentity {
  readonly pid: number;
  /** In units of the system's own; only ever compared for equality. */
  readonly startTime: string;
}

/**
 * @returns when the process began, or null when there is no such process. A zombie counts as none once its last
 * thread has ended: until then its sockets are still open.
 */
export function startTimeOf(pid: number): string | null {
  if (process.platform !== 'linux') {
    const [state, ...started] = ps(['-o', 'stat=,lstart=', '-p', String(pid)])
      .trim()
      .split(/\s+/);
    return state === undefined || state === '' || state.startsWith('Z') ? null : started.join(' ');
  }
  try {
    // The name in brackets may hold anything, so fields are counted from the last bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ended = fields[0] === 'Z' || fields[0] === 'X';
    if (ended && readdirSync(`/proc/${pid}/task`).length <= 1) return null;
    return fields[19] ?? null;
  } catch {
    return null; // gone between the question and the answer
  }
}

export function identify(pid: number): ProcessIdentity | null {
  const startTime = startTimeOf(pid);
  return startTime === null ? null : { pid, startTime };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

/** A process that carries a session marker. */
export interface MarkedProcess extends ProcessIdentity {
  readonly session: string;
  readonly part: string | undefined;
}

/** Every living process of this user that carries the session marker. */
export function markedProcesses(): MarkedProcess[] {
  const found: MarkedProcess[] = [];
  for (const [pid, environment] of environments()) {
    const session = valueOf(sessionMarker, environment);
    if (session === undefined) continue;
    const startTime = startTimeOf(pid);
    if (startTime !== null) {
      found.push({ pid, startTime, session, part: valueOf(partMarker, environment) });
    }
  }
  return found;
}

/** Sends a signal unless the process is gone or its pid belongs to another by now. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false; // ended in between, or not ours to signal; the caller looks again
  }
}

function valueOf(name: string, environment: readonly string[]): string | undefined {
  return environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

function* environments(): Iterable<[pid: number, environment: string[]]> {
  if (process.platform === 'linux') {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        yield [Number(entry), readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0')];
      } catch {
        continue; // another user's, or gone
      }
    }
    return;
  }
  for (const line of ps(['axeww', '-o', 'pid=,command=']).split('\n')) {
    const [pid, ...words] = line.trim().split(/\s+/);
    if (pid !== undefined && pid !== '') yield [Number(pid), words];
  }
}

function ps(args: readonly string[]): string {
  try {
    return execFileSync('ps', [...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  } catch {
    return ''; // ps exits 1 when the pid is not there
  }
}
