/** A bounded wait on a named condition: asked again and again until it holds or its limit is over. */
import { monotonicMs } from '@lab/contract';

export interface Waiting {
  /** What is waited for, as it stands in the error: `RabbitMQ answers on 127.0.0.1:5672`. */
  readonly condition: string;
  readonly limitMs: number;
  /** How long to wait between two questions. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export class ConditionTimeout extends Error {
  constructor(condition: string, limitMs: number, options?: ErrorOptions) {
    super(`timed out after ${limitMs} ms: ${condition}`, options);
    this.name = 'ConditionTimeout';
  }
}

/**
 * @param ask returns a value when the condition holds and undefined when not yet; what it throws ends the wait.
 * @returns the value.
 * @throws ConditionTimeout when the limit is over; the signal's reason when it was aborted.
 */
export async function until<Value>(
  waiting: Waiting,
  ask: () => Promise<Value | undefined> | Value | undefined,
): Promise<Value> {
  const deadline = monotonicMs() + waiting.limitMs;
  for (;;) {
    waiting.signal?.throwIfAborted();
    const value = await ask();
    if (value !== undefined) return value;
    if (monotonicMs() >= deadline) throw new ConditionTimeout(waiting.condition, waiting.limitMs);
    await pause(waiting.everyMs ?? 25, waiting.signal);
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    if (signal?.aborted === true) done(); // while the question was asked
    else signal?.addEventListener('abort', done, { once: true });
  });
}
