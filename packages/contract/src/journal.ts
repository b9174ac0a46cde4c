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

/** A journal that keeps what is recorded for as long as nobody else has run. */
export interface TurnJournal extends Journal {
  /** Writes what is kept now; for the end of a process. */
  readonly flush: () => void;
}

/**
 * Like `openJournal`, with one write for all that is recorded before anybody else runs: the write is the first microtask
 * after it. Whatever an event announces by a promise, and every frame that leaves later in the turn, comes after it. A
 * chunk of a hundred deliveries is one write, and a SIGKILL still loses nothing that the outside could have seen follow.
 * @param write takes complete lines, newlines included, and returns when they are safe.
 */
export function openTurnJournal(write: (lines: string) => void): TurnJournal {
  let kept = '';
  const flush = (): void => {
    const lines = kept;
    kept = '';
    if (lines !== '') write(lines);
  };
  const journal = openJournal((line) => {
    if (kept === '') queueMicrotask(flush);
    kept += line;
  });
  return { record: (event) => journal.record(event), flush };
}

/** A journal for those who were given nowhere to write. */
export const silentJournal: Journal = { record: () => undefined };
