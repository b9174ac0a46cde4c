/**
 * The journal: one process's synchronous pen on the history. The line is handed over before the call
 * returns, so with `writeSync` behind it a SIGKILL loses nothing already written. The contract does no
 * I/O of its own: the caller brings the function that writes.
 */
import type { EventBody } from './history.ts';

/** Milliseconds on the machine's monotonic clock, the one clock of the history. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export interface Journal {
  /** Stamps the event with the clock and writes it as one JSON line. */
  record(event: EventBody): void;
}

/** @param write takes one complete line, newline included, and returns when it is safe. */
export function openJournal(write: (line: string) => void): Journal {
  return { record: (event) => write(`${JSON.stringify({ at: monotonicMs(), ...event })}\n`) };
}

/** A journal for those who were given nowhere to write. */
export const silentJournal: Journal = { record: () => undefined };
