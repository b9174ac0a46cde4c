/** Waits that are part of the history: each has a name and a limit, and whether it came is recorded. */
import { ConditionTimeout, until, within, type EventBody, type Probed } from '@lab/contract';

export class RecordedWaits {
  readonly #say: (event: EventBody) => void;
  readonly #signal: AbortSignal;

  constructor(say: (event: EventBody) => void, signal: AbortSignal) {
    this.#say = say;
    this.#signal = signal;
  }

  /** Waits for a promise that stands for a named event. */
  bounded<T>(condition: string, promise: Promise<T>, limitMs: number): Promise<T> {
    return this.#recorded(condition, limitMs, () =>
      within(condition, promise, { limitMs, signal: this.#signal }),
    );
  }

  /** Waits until the probe is met. */
  until<T>(
    condition: string,
    probe: () => Promise<Probed<T>> | Probed<T>,
    limitMs: number,
  ): Promise<T> {
    return this.#recorded(condition, limitMs, () =>
      until(condition, probe, { limitMs, signal: this.#signal }),
    );
  }

  async #recorded<T>(condition: string, limitMs: number, wait: () => Promise<T>): Promise<T> {
    try {
      const value = await wait();
      this.#say({ kind: 'wait', condition, outcome: 'met', limitMs });
      return value;
    } catch (error) {
      const outcome = error instanceof ConditionTimeout ? 'timed out' : 'broken off';
      this.#say({ kind: 'wait', condition, outcome, limitMs });
      throw error;
    }
  }
}
