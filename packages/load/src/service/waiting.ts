/**
 * Requests that the server holds and has not begun: which is next, and which are dropped unworked. Without rules of a
 * policy it is a queue. CoDel's judgement, as Maurer's "Fail at Scale" (2015) uses it: a queue that was never empty for
 * an interval is a standing queue, and what waits in it past a target is too late to be worth the work.
 */
import type { ServerRules } from '@lab/retry';

export interface Waiter {
  readonly sentAt: number;
  readonly deadlineAt: number;
}

export const firstInFirstOut: ServerRules = {
  order: 'fifo',
  dropExpired: false,
  codelTargetMs: null,
  codelIntervalMs: 0,
  buffer: 0,
};

export class Waiting<T extends Waiter> {
  readonly #rules: ServerRules;
  readonly #drop: (item: T) => void;
  readonly #items: T[] = [];
  #notEmptySince = 0;

  /** @param drop told of each request that will not be worked on */
  constructor(rules: ServerRules, drop: (item: T) => void) {
    this.#rules = rules;
    this.#drop = drop;
  }

  add(item: T, nowMs: number): void {
    if (this.#items.length === 0) this.#notEmptySince = nowMs;
    this.#items.push(item);
  }

  /** Takes the next one to work on. @returns undefined when none waits */
  take(nowMs: number): T | undefined {
    const { dropExpired, codelTargetMs } = this.#rules;
    const standing = this.#stands(nowMs);
    if (dropExpired) this.#dropExpired(nowMs);
    for (;;) {
      const item = this.#next(standing);
      if (item === undefined) return undefined;
      const expired = dropExpired && item.deadlineAt <= nowMs;
      const tooOld = standing && codelTargetMs !== null && nowMs - item.sentAt > codelTargetMs;
      if (!expired && !tooOld) return item;
      this.#drop(item);
    }
  }

  /** Forgets all, unworked and undropped: their channel is gone and they will come again. */
  clear(): void {
    this.#items.length = 0;
  }

  #next(standing: boolean): T | undefined {
    const { order } = this.#rules;
    const newest = order === 'lifo' || (order === 'adaptive-lifo' && standing);
    return newest ? this.#items.pop() : this.#items.shift();
  }

  /** Newest first never comes to the oldest: those whose caller has gone would fill the server. */
  #dropExpired(nowMs: number): void {
    for (let oldest = this.#items[0]; oldest !== undefined; oldest = this.#items[0]) {
      if (oldest.deadlineAt > nowMs) return;
      this.#items.shift();
      this.#drop(oldest);
    }
  }

  #stands(nowMs: number): boolean {
    return this.#items.length > 0 && nowMs - this.#notEmptySince > this.#rules.codelIntervalMs;
  }
}
