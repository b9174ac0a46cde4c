/** The `fm` program as its user runs it: a real process with a state directory of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = join(import.meta.dirname, '..', 'fm.ts');

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One user of the lab: where it remembers, where its runs lie, what is in its environment. */
export class TestLab implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'reliability-lab-fm-'));
  readonly state = join(this.directory, 'state');
  readonly runs = join(this.directory, 'runs');
  readonly environment: Readonly<Record<string, string>>;

  constructor(environment: Readonly<Record<string, string>> = {}) {
    this.environment = { ...inherited(), LAB_STATE: this.state, ...environment };
  }

  /** Starts it. Runs are recorded in this lab's folder. */
  start(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Fm {
    return new Fm([program, ...words], { ...this.environment, ...environment }, this.directory);
  }

  /** Runs it to its end. */
  fm(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.start(words, environment).ended;
  }

  /** Ids of the sessions it has open, or left. */
  sessions(): string[] {
    try {
      return readdirSync(join(this.state, 'sessions')).filter((id) => !id.startsWith('.'));
    } catch {
      return []; // it never opened one
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class Fm {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  readonly #watchers = new Set<() => void>();

  constructor(
    words: readonly string[],
    environment: Readonly<Record<string, string>>,
    cwd: string,
  ) {
    this.child = spawn(process.execPath, [...words], {
      cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (this.child.pid === undefined) throw new Error('fm could not be started');
    this.pid = this.child.pid;
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      for (const look of this.#watchers) look();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      for (const look of this.#watchers) look();
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves as soon as an event of `--ndjson` fits. @throws when it ends before. */
  event(what: string, fits: (event: NdjsonEvent) => boolean): Promise<void> {
    return this.#until(what, () => eventsOf(this.#stdout).some((event) => fits(event)));
  }

  /** Resolves as soon as standard error has the text. @throws when it ends before. */
  says(text: string): Promise<void> {
    return this.#until(`"${text}"`, () => this.#stderr.includes(text));
  }

  async #until(what: string, isThere: () => boolean): Promise<void> {
    const { promise: there, resolve } = Promise.withResolvers<true>();
    const look = (): void => {
      if (isThere()) resolve(true);
    };
    this.#watchers.add(look);
    look();
    const came = await Promise.race([there, this.ended]);
    this.#watchers.delete(look);
    if (came === true) return;
    throw new Error(`fm ended (${came.code}) before ${what}:\n${came.stderr}`);
  }
}

/** A line of `--ndjson`, as far as tests look at it. */
export interface NdjsonEvent {
  readonly cell: string;
  readonly source: string;
  readonly kind: string;
  readonly phase?: string;
  readonly name?: string;
  readonly role?: string;
  readonly passage?: string;
}

/** Every complete line of `--ndjson`. @throws on a line that is no JSON. */
export function eventsOf(text: string): NdjsonEvent[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as NdjsonEvent); // the tests look at what is in it
}

/** Nothing that decides about colours, terminals or brokers is taken over from whoever runs the tests. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LAB_CACHE', 'XDG_CACHE_HOME'];
  return {
    LANG: 'C.UTF-8',
    ...Object.fromEntries(
      names.flatMap((name) => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}
