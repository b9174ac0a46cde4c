/**
 * The system's processes: spawned directly with Node, no wrapper between, so that the pid here is the
 * program itself. Their events go to a file the lab opened, synchronously; their logs to another.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { readyLine, type EventBody, until, within } from '@lab/contract';

/** Programs of a cell in which one job is struck. */
export type JobProgram = 'producer' | 'worker' | 'reconciler';
/** Programs of a cell that is a load. */
export type LoadProgram = 'client' | 'server' | 'pool' | 'shedder';
type Program = JobProgram | LoadProgram;

const packages = join(import.meta.dirname, '..', '..');
const programs: Readonly<Record<Program, string>> = {
  producer: join(packages, 'producer', 'src', 'main.ts'),
  worker: join(packages, 'worker', 'src', 'main.ts'),
  reconciler: join(packages, 'reconciler', 'src', 'main.ts'),
  client: join(packages, 'load', 'src', 'client.ts'),
  server: join(packages, 'load', 'src', 'server.ts'),
  pool: join(packages, 'load', 'src', 'pool.ts'),
  shedder: join(packages, 'load', 'src', 'shedder.ts'),
};

export interface SpawnOptions {
  /** One of the lab's, or any file that Node runs and that prints `readyLine` once it serves. */
  readonly program: Program | { readonly file: string };
  readonly role: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Null: it is told of none, and writes no events. */
  readonly eventsFile: string | null;
  readonly logFile: string;
  readonly record: (event: EventBody) => void;
  readonly signal: AbortSignal;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class SystemProcess implements AsyncDisposable {
  readonly role: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;
  #stdout = '';
  readonly #outputEnded: Promise<void>;
  readonly #child: ChildProcess;
  readonly #options: SpawnOptions;
  readonly #ready = Promise.withResolvers<void>();

  private constructor(child: ChildProcess, pid: number, options: SpawnOptions) {
    this.#child = child;
    this.#options = options;
    this.pid = pid;
    this.role = options.role;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        this.#say('exited', signal ?? `code ${code}`);
        this.#ready.reject(
          new Error(
            `${this.role} ended (${signal ?? `code ${code}`}) before it was ready; its log: ${options.logFile}`,
          ),
        );
        resolve(this.#exit);
      });
    });
    this.#outputEnded = new Promise((resolve) => void child.once('close', () => resolve()));
    this.#ready.promise.catch(() => undefined); // seen by whoever awaits ready(); an exit nobody waits for is no error
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      if (this.#stdout.split('\n').includes(readyLine)) this.#ready.resolve();
    });
    this.#say('spawned');
  }

  static spawn(options: SpawnOptions): SystemProcess {
    mkdirSync(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, 'a');
    const events = options.eventsFile === null ? null : openSync(options.eventsFile, 'a');
    try {
      const child = spawn(process.execPath, [fileOf(options.program)], {
        env: {
          ...inherited(),
          ...options.environment,
          ...(events === null ? {} : { EVENTS_FD: '3' }),
        },
        stdio: ['ignore', 'pipe', log, events ?? 'ignore'],
        detached: true, // a group of its own: a Ctrl-C at the terminal is the lab's to handle, in its order
      });
      if (child.pid === undefined) throw new Error(`could not start ${options.role}`);
      return new SystemProcess(child, child.pid, options);
    } finally {
      if (events !== null) closeSync(events);
      closeSync(log);
    }
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  /**
   * All that it printed on standard output, once it has ended and its last byte was read: a process may be gone before the
   * lab has read what it said.
   */
  allOutput(): Promise<string> {
    return this.#outputEnded.then(() => this.#stdout);
  }

  /** Resolves once it has printed that it serves. */
  async ready(limitMs = 15_000): Promise<void> {
    await within(`${this.role} is ready`, this.#ready.promise, {
      limitMs,
      signal: this.#options.signal,
    });
    this.#say('ready');
  }

  /** Tells it to begin, where it was started to wait for that. */
  begin(): void {
    this.#child.kill('SIGUSR2');
  }

  /** Tells a load's client that it was watched for long enough. */
  end(): void {
    this.#child.kill('SIGUSR2');
  }

  /** SIGTERM, wait for its drain, SIGKILL at the limit. Resolves when it is gone. */
  async stop(limitMs = 5000): Promise<Exit> {
    if (this.#exit === undefined) {
      this.#say('stopping');
      this.#child.kill('SIGCONT'); // a paused process could not hear the SIGTERM
      this.#child.kill('SIGTERM');
      try {
        await until(
          `${this.role} has drained and ended`,
          () => (this.#exit === undefined ? { missing: 'still running' } : { met: true }),
          { limitMs, everyMs: 5 },
        );
      } catch {
        this.#child.kill('SIGKILL');
      }
    }
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit === undefined) this.#child.kill('SIGKILL');
    await this.exited;
  }

  #say(phase: 'spawned' | 'ready' | 'stopping' | 'exited', detail?: string): void {
    this.#options.record({
      kind: 'process',
      role: this.role,
      phase,
      pid: this.pid,
      ...(detail === undefined ? {} : { detail }),
    });
  }
}

function fileOf(program: SpawnOptions['program']): string {
  return typeof program === 'string' ? programs[program] : program.file;
}

/** What of the lab's own environment a system process needs to run at all. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
