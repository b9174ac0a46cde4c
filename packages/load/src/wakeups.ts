/** Waits of any length, all on one timer. */
import { monotonicMs } from '@lab/contract';
import TinyQueue from 'tinyqueue';

import { Alarm } from './alarm.ts';

interface Wakeup {
  readonly atMs: number;
  readonly wake: () => void;
}

export class Wakeups {
  readonly #queue = new TinyQueue<Wakeup>([], (one, other) => one.atMs - other.atMs);
  readonly #alarm = new Alarm((nowMs) => this.#ring(nowMs));

  /** @returns a promise that resolves once it is that time, on the monotonic clock; at once where it already is. */
  at(atMs: number): Promise<void> {
    if (atMs <= monotonicMs()) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.push({ atMs, wake: resolve });
    this.#alarm.set(atMs);
    return promise;
  }

  /** Nobody is woken any more. */
  stop(): void {
    this.#alarm.stop();
  }

  #ring(nowMs: number): void {
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      if (next.atMs > nowMs) return this.#alarm.set(next.atMs);
      this.#queue.pop();
      next.wake();
    }
  }
}
