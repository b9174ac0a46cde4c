/** A bounded wait on a named condition, for questions whose answer is the thing itself or not yet there. */
import { until as wait } from '@lab/contract';

export interface Waiting {
  /** What is waited for, as it stands in the error: `RabbitMQ answers on 127.0.0.1:5672`. */
  readonly condition: string;
  readonly limitMs: number;
  /** How long to wait between two questions. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param ask returns a value when the condition holds and undefined when not yet; what it throws ends the wait.
 * @returns the value.
 * @throws ConditionTimeout when the limit is over; the signal's reason when it was aborted.
 */
export function until<Value>(
  { condition, limitMs, everyMs = 25, signal }: Waiting,
  ask: () => Promise<Value | undefined> | Value | undefined,
): Promise<Value> {
  return wait(
    condition,
    async () => {
      const value = await ask();
      return value === undefined ? { missing: 'not yet' } : { met: value };
    },
    { limitMs, everyMs, ...(signal === undefined ? {} : { signal }) },
  );
}
