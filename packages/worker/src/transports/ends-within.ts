/**
 * Waits for the work, but no longer than the deadline. The work itself is not cancelled.
 * @returns true when it ended in time.
 */
export async function endsWithin(deadline: AbortSignal, work: unknown): Promise<boolean> {
  if (deadline.aborted) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const expire = (): void => resolve(false);
  deadline.addEventListener('abort', expire, { once: true });
  Promise.resolve(work).then(
    () => resolve(true),
    () => resolve(true),
  );
  try {
    return await promise;
  } finally {
    deadline.removeEventListener('abort', expire);
  }
}
