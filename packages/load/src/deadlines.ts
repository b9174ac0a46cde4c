/**
 * Deadlines that all lie the same time ahead when they are set, so that they come due in the order in which they were
 * set: a queue and one timer, however many there are.
 */
import { Alarm } from './alarm.ts';

export interface DeadlinesOptions<T> {
  /** Whether this one still waits; what does not is forgotten without a word. */
  readonly waits: (item: T) => boolean;
  readonly expire: (item: T, nowMs: number) => void;
}

/** Forgotten items are taken out of the array in lots of this many. */
const lot = 1024;

export class Deadlines<T> {
  readonly #options: DeadlinesOptions<T>;
  readonly #alarm = new Alarm((nowMs) => this.#ring(nowMs));
  #queue: { readonly atMs: number; readonly item: T }[] = [];
  #head = 0;

  constructor(options: DeadlinesOptions<T>) {
    this.#options = options;
  }

  /** @param atMs not before any that was added earlier */
  add(atMs: number, item: T): void {
    this.#queue.push({ atMs, item });
    this.#alarm.set(atMs); // changes nothing while an earlier one is armed
  }

  stop(): void {
    this.#alarm.stop();
  }

  #ring(nowMs: number): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (next.atMs > nowMs) return this.#alarm.set(next.atMs);
      this.#head++;
      this.#options.expire(next.item, nowMs);
    }
  }

  /** The first that still waits. */
  #next(): { readonly atMs: number; readonly item: T } | undefined {
    for (;;) {
      if (this.#head >= lot) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      const first = this.#queue[this.#head];
      if (first === undefined || this.#options.waits(first.item)) return first;
      this.#head++;
    }
  }
}
