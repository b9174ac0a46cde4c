/**
 * Counts by window of one load at one queue. A window's line is written when the window is over; a process that was
 * stopped writes what it missed when it goes on, and what it sees then counts in the window in which it sees it.
 */
import { monotonicMs, type Journal, type LoadCount } from '@lab/contract';

import { Alarm } from './alarm.ts';

export interface WindowCountsOptions {
  readonly queue: string;
  readonly windowMs: number;
  readonly journal: Journal;
}

/**
 * Reads a state as it was at a window's end, which was a moment ago.
 * @param since how many of these were counted in later windows already: they came after that end
 * @param endMs that end, ms since the load's start
 */
export type Reading = (since: (count: LoadCount) => number, endMs: number) => number;

/** Counts what belongs before this time and was not counted yet. */
export type Settle = (nowMs: number) => void;

export class WindowCounts {
  #startedAt: number | undefined;
  #written = 0;
  #closed = false;
  #settle: Settle | undefined;
  readonly #open = new Map<number, Partial<Record<LoadCount, number>>>();
  readonly #readings = new Map<LoadCount, Reading>();
  readonly #options: WindowCountsOptions;
  readonly #alarm = new Alarm((nowMs) => {
    this.#settle?.(nowMs);
    this.#writeUntil(nowMs);
    this.#alarm.set(this.#endOf(this.#written));
  });

  constructor(options: WindowCountsOptions) {
    this.#options = options;
  }

  /**
   * The load began at this time; servers learn it from the first message. Said again it changes nothing.
   * @param settle called before windows are written
   */
  start(startedAtMs: number, settle?: Settle): void {
    if (this.#startedAt !== undefined) return;
    this.#settle = settle;
    this.#startedAt = startedAtMs;
    this.#alarm.set(this.#endOf(0));
  }

  /**
   * @param atMs the moment it belongs to; where its window is written already it counts in the next one that is not
   * @throws Error before `start`
   */
  add(count: LoadCount, atMs: number = monotonicMs()): void {
    const window = Math.max(this.#written, this.#windowOf(atMs));
    let counts = this.#open.get(window);
    if (counts === undefined) this.#open.set(window, (counts = {}));
    counts[count] = (counts[count] ?? 0) + 1;
  }

  /** Writes this reading into the line of every window. */
  read(count: LoadCount, reading: Reading): void {
    this.#readings.set(count, reading);
  }

  /** Writes all that is left, the window that is not over included, and counts no more. */
  close(nowMs: number = monotonicMs()): void {
    if (this.#closed || this.#startedAt === undefined) return;
    this.#closed = true;
    this.#alarm.stop();
    this.#writeUntil(nowMs);
    if (this.#open.size > 0) this.#write(this.#written++, nowMs);
  }

  #writeUntil(nowMs: number): void {
    while (this.#endOf(this.#written) <= nowMs) this.#write(this.#written++);
  }

  #write(window: number, endAt: number = this.#endOf(window)): void {
    const { queue, journal } = this.#options;
    const counts = this.#open.get(window) ?? {};
    this.#open.delete(window);
    const since = (count: LoadCount): number => {
      let sum = 0;
      for (const later of this.#open.values()) sum += later[count] ?? 0;
      return sum;
    };
    for (const [count, reading] of this.#readings) {
      counts[count] = reading(since, endAt - this.#start);
    }
    journal.record({ kind: 'load', queue, window, startedAt: this.#start, counts });
  }

  #endOf(window: number): number {
    return this.#start + (window + 1) * this.#options.windowMs;
  }

  #windowOf(atMs: number): number {
    return Math.floor((atMs - this.#start) / this.#options.windowMs);
  }

  get #start(): number {
    if (this.#startedAt === undefined) throw new Error('the load has not begun');
    return this.#startedAt;
  }
}
