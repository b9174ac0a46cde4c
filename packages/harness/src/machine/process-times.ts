/**
 * How long the threads of processes ran, and how long they were ready to run and did not: Linux counts both for each thread
 * (`/proc/PID/task/TID/schedstat`: nanoseconds on a processor, nanoseconds of waiting for one). Its files are kept open and
 * read again, so that a look costs a few µs a thread.
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

export interface Times {
  readonly cpuMs: number;
  readonly runDelayMs: number;
}

interface Thread {
  readonly fd: number;
  cpuNs: number;
  delayNs: number;
}

const nsPerMs = 1e6;
const buffer = Buffer.alloc(80);

export class ProcessTimes implements Disposable {
  readonly #tasks: readonly string[];
  readonly #threads = new Map<string, Thread>();

  /** @param proc where the kernel tells about processes */
  constructor(pids: readonly number[], proc = '/proc') {
    this.#tasks = pids.map((pid) => join(proc, String(pid), 'task'));
    this.findThreads();
  }

  /** Opens the threads that are not known yet; what they did before is not counted. */
  findThreads(): void {
    for (const task of this.#tasks) {
      for (const id of list(task)) {
        const file = join(task, id, 'schedstat');
        if (!this.#threads.has(file)) this.#open(file);
      }
    }
  }

  /** @returns what its threads did since the last look, together */
  look(): Times {
    let cpuNs = 0;
    let delayNs = 0;
    for (const [file, thread] of this.#threads) {
      const now = read(thread.fd);
      if (now === null) {
        closeSync(thread.fd);
        this.#threads.delete(file);
        continue;
      }
      cpuNs += now.cpuNs - thread.cpuNs;
      delayNs += now.delayNs - thread.delayNs;
      thread.cpuNs = now.cpuNs;
      thread.delayNs = now.delayNs;
    }
    return { cpuMs: cpuNs / nsPerMs, runDelayMs: delayNs / nsPerMs };
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#threads.values()) closeSync(fd);
    this.#threads.clear();
  }

  #open(file: string): void {
    try {
      const fd = openSync(file, 'r');
      const now = read(fd);
      if (now === null) closeSync(fd);
      else this.#threads.set(file, { fd, ...now });
    } catch {
      // it ended meanwhile
    }
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // it ended
  }
}

/** @returns null when the thread is no more */
function read(fd: number): Omit<Thread, 'fd'> | null {
  try {
    const length = readSync(fd, buffer, 0, buffer.length, 0);
    const [cpu, delay] = buffer.toString('latin1', 0, length).split(' ');
    return { cpuNs: Number(cpu), delayNs: Number(delay) };
  } catch {
    return null;
  }
}
