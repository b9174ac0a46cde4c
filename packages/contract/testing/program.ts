/** The program under test as its operator runs it: a real process, its environment, its events, its exit. */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { vi } from 'vitest';

import { readyLine, type RawEvent } from '../src/index.ts';

export type JobEvent = Extract<RawEvent, { kind: 'job' }>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Program implements AsyncDisposable {
  readonly exited: Promise<Exit>;
  readonly pid: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'program-'));
  readonly #child;

  /** @param main path of the program; it is run as it is, by this Node. */
  constructor(main: string, environment: Readonly<Record<string, string | undefined>>) {
    const events = openSync(this.#file('events'), 'w');
    const stdout = openSync(this.#file('stdout'), 'w');
    const stderr = openSync(this.#file('stderr'), 'w');
    this.#child = spawn(process.execPath, [main], {
      env: { EVENTS_FD: '3', LOG_LEVEL: 'debug', ...environment },
      stdio: ['ignore', stdout, stderr, events],
    });
    for (const fd of [events, stdout, stderr]) closeSync(fd);
    if (this.#child.pid === undefined) throw new Error('the program could not be started');
    this.pid = this.#child.pid;
    this.exited = new Promise((resolve) =>
      this.#child.once('exit', (code, signal) => resolve({ code, signal })),
    );
  }

  /** What it has said so far; JSON lines for events, text otherwise. */
  get events(): JobEvent[] {
    const lines = readFileSync(this.#file('events'), 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as JobEvent); // its own contract; the judge's parser is tested elsewhere
  }
  get stdout(): string {
    return readFileSync(this.#file('stdout'), 'utf8');
  }

  get stderr(): string {
    return readFileSync(this.#file('stderr'), 'utf8');
  }

  /** `op phase detail` of its events on one job, in order. */
  story(key: string): string[] {
    return this.events
      .filter((event) => event.key === key)
      .map(({ op, phase, detail }) => [op, phase, detail].filter(Boolean).join(' '));
  }

  async ready(): Promise<this> {
    await this.eventually(() => this.stdout.startsWith(`${readyLine}\n`));
    return this;
  }

  /** Waits until the condition holds, at most 10 s. @throws with the program's log when it does not. */
  async eventually(condition: () => unknown): Promise<void> {
    await vi
      .waitFor(
        async () => {
          if (!(await condition())) throw new Error(`not yet: ${String(condition)}`);
        },
        { timeout: 10_000, interval: 10 },
      )
      .catch((error: unknown) => {
        throw new Error(`${String(error)}\n${this.stderr}`);
      });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<Exit> {
    this.#child.kill('SIGTERM');
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
    rmSync(this.#folder, { recursive: true });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}
