/** How the operating system describes a process: the read-back of faults done to processes. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A system process under test. */
export interface FaultTarget {
  readonly role: string;
  readonly pid: number;
}

/**
 * @returns the state's letter as `ps` has it: `R` running, `S` sleeping, `T` stopped, `Z` ended but not
 * yet collected by its parent …; undefined when there is no such process.
 */
export async function processState(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3); // the name may hold anything
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)]);
    return stdout.trim().slice(0, 1) || undefined;
  } catch {
    return undefined; // neither /proc nor ps knows it
  }
}

/**
 * Reads the state until it is as wanted: signals are delivered when the kernel gets to it.
 * @throws when it is not within a second.
 */
export async function awaitProcessState(
  { role, pid }: FaultTarget,
  wanted: string,
  fits: (state: string | undefined) => boolean,
): Promise<string | undefined> {
  const limitMs = performance.now() + 1000;
  for (;;) {
    const state = await processState(pid);
    if (fits(state)) return state;
    if (performance.now() > limitMs) {
      throw new Error(
        `${role} (pid ${pid}) is not ${wanted} a second after the signal: its state reads ${state ?? 'absent'}`,
      );
    }
    await new Promise(setImmediate);
  }
}

/** @throws with the role in the message when there is no such process. */
export function signal({ role, pid }: FaultTarget, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (cause) {
    throw new Error(`${name} could not be sent to ${role} (pid ${pid}): is it still running?`, {
      cause,
    });
  }
}
