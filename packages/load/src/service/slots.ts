/**
 * So many requests at a time. A slot's next request is timed from the end that the one before was meant to have, when it
 * was waiting by then: otherwise every lateness of a timer would be taken from the capacity. What a whole process lost
 * because it stood still is not made up for.
 */
import { monotonicMs } from '@lab/contract';
import type { ServerRules } from '@lab/retry';

import { Waiting, type Waiter } from './waiting.ts';

export interface SlotsOptions<T> {
  readonly slots: number;
  readonly rules: ServerRules;
  /** Begins the work, counted from `fromMs`. @returns when it is meant to have ended, once it has */
  readonly work: (item: T, fromMs: number) => Promise<number>;
  readonly drop: (item: T) => void;
}

/** Lateness up to this is made up for, ms. */
const makeUpLimitMs = 50;

interface Arrived<T> extends Waiter {
  readonly item: T;
  readonly arrivedAt: number;
}

export class Slots<T extends Waiter> {
  readonly #options: SlotsOptions<T>;
  readonly #waiting: Waiting<Arrived<T>>;
  /** When each free slot became free. */
  readonly #free: number[];

  constructor(options: SlotsOptions<T>) {
    this.#options = options;
    this.#waiting = new Waiting(options.rules, ({ item }) => options.drop(item));
    this.#free = Array.from({ length: options.slots }, () => Number.NEGATIVE_INFINITY);
  }

  arrive(item: T, nowMs: number): void {
    const { sentAt, deadlineAt } = item;
    this.#waiting.add({ item, sentAt, deadlineAt, arrivedAt: nowMs }, nowMs);
    this.#fill(nowMs);
  }

  /** Forgets those that have not begun. */
  clear(): void {
    this.#waiting.clear();
  }

  #fill(nowMs: number): void {
    for (let freeSince = this.#free.pop(); freeSince !== undefined; freeSince = this.#free.pop()) {
      const next = this.#waiting.take(nowMs);
      if (next === undefined) {
        this.#free.push(freeSince);
        return;
      }
      void this.#occupy(next.item, Math.max(freeSince, next.arrivedAt, nowMs - makeUpLimitMs));
    }
  }

  async #occupy(item: T, fromMs: number): Promise<void> {
    const endedAt = await this.#options.work(item, fromMs);
    this.#free.push(endedAt);
    this.#fill(monotonicMs());
  }
}
