/**
 * What the machine withheld while cells ran, and from whom: written into each running cell for its programs, and for the lab
 * and the servers into all of them. A stretch in which nothing was withheld gets no line. Only Linux tells; elsewhere
 * nothing is written, and a cell that the machine disturbed is not recognised as one.
 */
import type { EventBody } from '@lab/contract';

import type { CellRecorder } from '../recorder.ts';
import { ProcessTimes } from './process-times.ts';

type Party = Extract<EventBody, { kind: 'machine' }>;

/** A stretch ends at the first tick after so long. */
const stretchMs = 250;
/** How often a timer of the lab's own is due; how late it comes is what the lab itself lacked. */
const tickMs = 50;
/** Less than this in a stretch is no line worth. */
const leastMs = 25;
/** Threads of a program that serves come and go rarely. */
const stretchesBetweenSearches = 4;

export interface MachineWatch extends Disposable {
  /** Watches the programs that are recorded as spawned in the cell, until disposed. */
  watch(recorder: Pick<CellRecorder, 'listen' | 'record'>): Disposable;
}

export interface MachineWatchOptions {
  /** Pids of the servers and carriers on this machine, by name. */
  readonly servers: ReadonlyMap<string, readonly number[]>;
  /** Where the kernel tells about processes; for tests. */
  readonly proc?: string;
  readonly now?: () => number;
}

/** @returns a watch that never writes where the system does not tell */
export function watchMachine(options: MachineWatchOptions): MachineWatch {
  return process.platform === 'linux' ? new LinuxWatch(options) : { watch: nobody, ...nobody() };
}

function nobody(): Disposable {
  return { [Symbol.dispose]: () => undefined };
}

interface WatchedCell {
  readonly record: (event: EventBody) => void;
  readonly programs: Map<string, ProcessTimes>;
}

export class LinuxWatch implements MachineWatch {
  readonly #proc: string | undefined;
  readonly #now: () => number;
  readonly #shared: ReadonlyMap<string, ProcessTimes>;
  readonly #cells = new Set<WatchedCell>();
  readonly #timer: NodeJS.Timeout;
  #stretchFrom: number;
  #tickDue: number;
  #lateMs = 0;
  #stretches = 0;

  constructor({ servers, proc, now = () => performance.now() }: MachineWatchOptions) {
    this.#proc = proc;
    this.#now = now;
    this.#shared = new Map(
      [['lab', [process.pid]] as const, ...servers].map(([who, pids]) => [
        who,
        new ProcessTimes(pids, proc),
      ]),
    );
    this.#stretchFrom = now();
    this.#tickDue = this.#stretchFrom + tickMs;
    this.#timer = setInterval(() => this.tick(), tickMs).unref();
  }

  watch(recorder: Pick<CellRecorder, 'listen' | 'record'>): Disposable {
    const cell: WatchedCell = {
      record: (event) => recorder.record('lab', event),
      programs: new Map(),
    };
    this.#cells.add(cell);
    const stop = recorder.listen((event) => {
      if (event.kind !== 'process') return;
      if (event.phase === 'spawned') {
        cell.programs.set(event.role, new ProcessTimes([event.pid], this.#proc));
      } else if (event.phase === 'exited') {
        cell.programs.get(event.role)?.[Symbol.dispose]();
        cell.programs.delete(event.role);
      }
    });
    return {
      [Symbol.dispose]: () => {
        stop();
        this.#cells.delete(cell);
        for (const times of cell.programs.values()) times[Symbol.dispose]();
      },
    };
  }

  /** Called by the timer. */
  tick(): void {
    const now = this.#now();
    this.#lateMs = Math.max(this.#lateMs, now - this.#tickDue);
    this.#tickDue = now + tickMs;
    if (now - this.#stretchFrom >= stretchMs) this.#endStretch(now);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const times of this.#shared.values()) times[Symbol.dispose]();
  }

  #endStretch(now: number): void {
    const overMs = round(now - this.#stretchFrom);
    const lateMs = round(this.#lateMs);
    this.#stretchFrom = now;
    this.#lateMs = 0;
    this.#stretches += 1;
    const search = this.#stretches % stretchesBetweenSearches === 0;
    const partyOf = (who: string, times: ProcessTimes): Party[] => {
      if (search) times.findThreads();
      const { cpuMs, runDelayMs } = times.look();
      const late = who === 'lab' && lateMs >= leastMs;
      if (runDelayMs < leastMs && !late) return [];
      const withheld = { runDelayMs: round(runDelayMs), cpuMs: round(cpuMs) };
      return [{ kind: 'machine', who, overMs, ...(late && { lateMs }), ...withheld }];
    };
    const shared = [...this.#shared].flatMap(([who, times]) => partyOf(who, times));
    for (const { record, programs } of this.#cells) {
      for (const event of shared) record(event);
      for (const [who, times] of programs) for (const event of partyOf(who, times)) record(event);
    }
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
