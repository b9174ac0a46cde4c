/** Waiting for a named condition, bounded. The only place in the lab that watches a clock to wait. */
export class ConditionTimeout extends Error {
  override readonly name = 'ConditionTimeout';
  readonly condition: string;
  readonly limitMs: number;
  constructor(condition: string, limitMs: number, lastSeen?: string) {
    super(
      `waited ${limitMs} ms for "${condition}" and it did not come${lastSeen === undefined ? '' : `; last seen: ${lastSeen}`}`,
    );
    this.condition = condition;
    this.limitMs = limitMs;
  }
}

/** What a probe saw: the value that ends the wait, or what is missing, in words. */
export type Probed<T> = { readonly met: T } | { readonly missing: string };

/**
 * Asks `probe` again and again until it is met.
 * @param options.limitMs how long at most
 * @param options.everyMs pause between two probes
 * @throws ConditionTimeout at the limit; the signal's reason when aborted
 */
export async function until<T>(
  condition: string,
  probe: () => Promise<Probed<T>> | Probed<T>,
  options: { limitMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<T> {
  const deadline = performance.now() + options.limitMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const probed = await probe();
    if ('met' in probed) return probed.met;
    if (performance.now() >= deadline) {
      throw new ConditionTimeout(condition, options.limitMs, probed.missing);
    }
    await pause(options.everyMs ?? 10, options.signal);
  }
}

/** Bounds a promise that stands for a named event. */
export async function within<T>(
  condition: string,
  promise: Promise<T>,
  options: { limitMs: number; signal?: AbortSignal },
): Promise<T> {
  const { promise: gaveUp, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new ConditionTimeout(condition, options.limitMs)),
    options.limitMs,
  );
  const onAbort = (): void => reject(options.signal?.reason as Error); // AbortSignal reasons here are Errors: the lab aborts with one
  if (options.signal?.aborted === true) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, gaveUp]);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    if (signal?.aborted === true) done(); // aborted while the probe looked: no event will come
    signal?.addEventListener('abort', done, { once: true });
  });
}
