/**
 * What the server holds and has not begun: in which order it is taken, and what is dropped unworked instead. The rules
 * are a policy's.
 *
 * A queue that stands is one that has not been empty for an interval (CoDel's sign of overload).
 */
import type { ServerRules } from '@lab/retry';

import type { Request } from './request.ts';
import { Ring } from './ring.ts';

export interface Waiting {
  readonly request: Request;
}

export class Backlog<Item extends Waiting> {
  readonly #rules: ServerRules;
  readonly #waiting = new Ring<Item>();
  #notEmptySinceMs = 0;

  constructor(rules: ServerRules) {
    this.#rules = rules;
  }

  add(item: Item, nowMs: number): void {
    if (this.#waiting.length === 0) this.#notEmptySinceMs = nowMs;
    this.#waiting.push(item);
  }

  /** @param drop is given those whose turn it would be, and who are not worth the work. @returns the one to work on */
  take(nowMs: number, drop: (item: Item) => void): Item | undefined {
    const { order, codelIntervalMs, dropExpired } = this.#rules;
    if (dropExpired) this.#dropOldest(nowMs, drop);
    for (;;) {
      const stands = nowMs - this.#notEmptySinceMs > codelIntervalMs;
      const newest = order === 'lifo' || (order === 'adaptive-lifo' && stands);
      const item = newest ? this.#waiting.pop() : this.#waiting.shift();
      if (item === undefined || !this.#isHopeless(item, nowMs, stands)) return item;
      drop(item);
    }
  }

  clear(): void {
    this.#waiting.clear();
  }

  /** Newest first never comes to the oldest: those whose caller has gone would fill the server. */
  #dropOldest(nowMs: number, drop: (item: Item) => void): void {
    for (let oldest = this.#waiting.first; oldest !== undefined; oldest = this.#waiting.first) {
      if (oldest.request.deadlineMs > nowMs) return;
      this.#waiting.shift();
      drop(oldest);
    }
  }

  #isHopeless({ request }: Item, nowMs: number, stands: boolean): boolean {
    const { dropExpired, codelTargetMs } = this.#rules;
    if (dropExpired && nowMs >= request.deadlineMs) return true;
    return codelTargetMs !== null && stands && nowMs - request.sentMs > codelTargetMs;
  }
}
