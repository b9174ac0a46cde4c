/**
 * Runs work on every item, at most `width` at a time, in order of the list. An error stops new work; once what
 * is under way has ended, the first one is thrown.
 */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const errors: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (const item of rest) {
      if (errors.length > 0) return;
      await work(item);
    }
  };
  const guarded = (): Promise<void> => lane().catch((error: unknown) => void errors.push(error));
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, guarded));
  if (errors.length > 0) throw errors[0];
}
