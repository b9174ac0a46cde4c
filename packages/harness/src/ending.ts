/** Something of a cell could not be healed, ended or removed. */
class LeftBehind extends AggregateError {
  override readonly name = 'LeftBehind';
  constructor(errors: readonly unknown[]) {
    super(errors, `the cell left something behind: ${errors.map(String).join('; ')}`);
  }
}

/** @throws LeftBehind when one of these endings failed. */
export function expectAllCleared(endings: readonly PromiseSettledResult<unknown>[]): void {
  const failed = endings.filter((ending) => ending.status === 'rejected');
  if (failed.length > 0) throw new LeftBehind(failed.map(({ reason }) => reason as unknown));
}

/** @returns how a cell ended that threw: `aborted`, `timed out: …`, `crashed: …`. */
export function endingOf(error: unknown, aborted: boolean): string {
  return aborted ? describeAborted(error) : describe(error);
}

/** An abort explains every error but one: that something could not be cleared up. */
function describeAborted(error: unknown): string {
  const clearing = error instanceof SuppressedError ? (error.error as unknown) : error;
  return clearing instanceof LeftBehind ? `aborted; ${clearing.message}` : 'aborted';
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `crashed: ${String(error)}`;
  if (error instanceof SuppressedError) {
    return `${describe(error.suppressed)}; then, clearing up: ${describe(error.error)}`;
  }
  return error.name === 'ConditionTimeout'
    ? `timed out: ${error.message}`
    : `crashed: ${error.message}`;
}
