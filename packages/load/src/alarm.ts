/**
 * One timer for whatever is due next. It never rings early and never spins: it sleeps whole milliseconds, at least one,
 * and whoever is woken does everything that has come due since.
 */
import { monotonicMs } from '@lab/contract';

/** The longest a Node timer can sleep; a later alarm is armed again on the way. */
const longestSleepMs = 2 ** 31 - 1;

export class Alarm {
  #at = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  readonly #ring: (nowMs: number) => void;

  /** @param ring called once for every time set, with the time it is now */
  constructor(ring: (nowMs: number) => void) {
    this.#ring = ring;
  }

  /** Rings at this time, or sooner where it was already set to. Infinity: nothing to ring for. */
  set(atMs: number): void {
    if (atMs >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = atMs;
    this.#sleep(monotonicMs());
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }

  #sleep(nowMs: number): void {
    const ms = Math.min(Math.max(1, Math.floor(this.#at - nowMs)), longestSleepMs);
    this.#timer = setTimeout(() => this.#wake(), ms);
  }

  #wake(): void {
    const nowMs = monotonicMs();
    if (nowMs < this.#at) return this.#sleep(nowMs);
    this.#at = Number.POSITIVE_INFINITY;
    this.#ring(nowMs);
  }
}
